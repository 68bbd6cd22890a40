//! Pure: which addresses a request may go to. A destination's host is whatever somebody registered, and its name may resolve to
//! anything at any time, so that each address is judged after it was resolved, and the connection goes to what was judged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The public internet.
    Public,
    /// This machine or its own network: allowed by `--allow-private` alone.
    Private,
    /// Never a receiver: link-local addresses, where clouds hand out credentials, multicast, and what is reserved.
    Never,
}

pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

/// IANA's registry of special IPv4 addresses.
fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        [10, ..] | [127, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Reach::Private,
        // This network, link-local, IETF protocols, the three documentations, 6to4 relays, AS112, benchmarks, multicast, reserved.
        [0, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [192, 88, 99, _]
        | [192, 31, 196, _]
        | [192, 52, 193, _]
        | [192, 175, 48, _]
        | [198, 18 | 19, ..]
        | [224..=255, ..] => Reach::Never,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if let Some(inner) = embedded_v4(address) {
        return reach_v4(inner);
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] => Reach::Private,
        // IETF protocols with Teredo and ORCHID, documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Reach::Never,
        // Global unicast; everything else is reserved, link-local or multicast.
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Never,
    }
}

/// The IPv4 address that a packet to this IPv6 address ends at: mapped, translated by NAT64, or 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [first, second] = match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, first, second] | [0x64, 0xff9b, 0, 0, 0, 0, first, second] => [first, second],
        [0x2002, first, second, ..] => [first, second],
        _ => return None,
    };
    Some(Ipv4Addr::from((u32::from(first) << 16) | u32::from(second)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Reach {
        reach(text.parse().unwrap())
    }

    #[test]
    fn public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert_eq!(of(address), Reach::Public, "{address}");
        }
    }

    #[test]
    fn private() {
        for address in [
            "10.0.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2002:a00:1::1",
        ] {
            assert_eq!(of(address), Reach::Private, "{address}");
        }
    }

    #[test]
    fn never() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "192.0.0.1",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.9",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::",
            "fec0::1",
            "100::1",
            "64:ff9b:1::7f00:1",
            "3fff::1",
        ] {
            assert_eq!(of(address), Reach::Never, "{address}");
        }
    }

    proptest! {
        /// However an IPv4 address is dressed, it leads where the bare one leads.
        #[test]
        fn dressed_as_the_bare_one(bits in any::<u32>()) {
            let bare = Ipv4Addr::from(bits);
            prop_assert_eq!(reach(IpAddr::V6(bare.to_ipv6_mapped())), reach(IpAddr::V4(bare)));
        }

        /// What the standard library knows as not global is never taken for public.
        #[test]
        fn agrees_with_the_standard_library(bits in any::<u32>()) {
            let address = Ipv4Addr::from(bits);
            let special = address.is_private() || address.is_loopback() || address.is_link_local() || address.is_multicast()
                || address.is_broadcast() || address.is_documentation() || address.is_unspecified();
            prop_assert!(!special || reach(IpAddr::V4(address)) != Reach::Public);
        }
    }
}
