//! A key has a meaning for a number: it says that it is a card's, or an identifier and no card's.

/// What a key says of a bare number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Card,
    Identifier,
    Unknown,
}

/// The last words of keys whose numbers are identifiers, times or positions.
const IDENTIFIERS: [&str; 44] = [
    "id",
    "ids",
    "uid",
    "uuid",
    "guid",
    "oid",
    "pid",
    "gid",
    "ts",
    "timestamp",
    "timestamps",
    "time",
    "at",
    "millis",
    "micros",
    "nanos",
    "ms",
    "us",
    "ns",
    "seq",
    "sequence",
    "snowflake",
    "order",
    "ref",
    "reference",
    "trace",
    "span",
    "hash",
    "offset",
    "lsn",
    "xid",
    "cursor",
    "nonce",
    "version",
    "build",
    "sku",
    "ean",
    "gtin",
    "upc",
    "isbn",
    "barcode",
    "imei",
    "bytes",
    "tracking",
];

/// Such words for keys that run words together, and for those where the word before the last one says it.
const JOINED_IDENTIFIERS: [&str; 17] = [
    "userid",
    "orderid",
    "sessionid",
    "eventid",
    "traceid",
    "spanid",
    "requestid",
    "messageid",
    "deviceid",
    "ordernumber",
    "ordernumbers",
    "ordernr",
    "invoicenumber",
    "trackingnumber",
    "serialnumber",
    "productcode",
    "ponumber",
];

/// Says whether the key carries a number that is no card's: `order_number`, `invoiceNo`, `ticketNr`, `parcel`.
fn is_number_of_paper(lower: &[u8]) -> bool {
    const PAPERS: [&[u8]; 42] = [
        b"order",
        b"invoice",
        b"tracking",
        b"serial",
        b"ticket",
        b"case",
        b"customer",
        b"product",
        b"receipt",
        b"transaction",
        b"parcel",
        b"shipment",
        b"booking",
        b"document",
        b"contract",
        b"claim",
        b"batch",
        b"lot",
        b"part",
        b"model",
        b"article",
        b"item",
        b"purchase",
        b"rma",
        b"delivery",
        b"voucher",
        b"registration",
        b"bill",
        b"bestell",
        b"rechnungs",
        b"auftrags",
        b"kunden",
        b"artikel",
        b"sendungs",
        b"vertrags",
        b"commande",
        b"facture",
        b"pedido",
        b"factura",
        b"fattura",
        b"ordine",
        b"bestelling",
    ];
    [&b"number"[..], b"numbers", b"nummer", b"numero", b"num", b"nr", b"no", b"code", b"s", b""]
        .into_iter()
        .filter_map(|end| lower.strip_suffix(end))
        .any(|stem| PAPERS.iter().any(|paper| stem.ends_with(paper)))
}

/// The longest key that is asked what it says. An array has one key for all its numbers, and each number asks anew.
const LONGEST_KEY: usize = 128;

pub fn meaning(key: &str) -> Meaning {
    if key.len() > LONGEST_KEY {
        return Meaning::Unknown;
    }
    let key = &*super::super::words::without_masks(key);
    let mut letters = [0; LONGEST_KEY];
    let mut length = 0;
    for byte in key.bytes().filter(u8::is_ascii_alphanumeric) {
        letters[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    let lower = &letters[..length];
    if lower.windows(4).any(|part| part == b"card") || matches!(lower, b"pan" | b"cc" | b"ccnumber") {
        return Meaning::Card;
    }
    let last = last_word(key);
    if IDENTIFIERS.iter().any(|name| name.eq_ignore_ascii_case(last))
        || JOINED_IDENTIFIERS.iter().any(|name| name.as_bytes() == lower)
        || is_number_of_paper(lower)
    {
        return Meaning::Identifier;
    }
    Meaning::Unknown
}

/// Returns `Id` of `userId`, `ID` of `userID` and `ids` of `user_ids`.
fn last_word(key: &str) -> &str {
    let bytes = key.as_bytes();
    let mut start = bytes.len();
    while start > 0 && bytes[start - 1].is_ascii_alphanumeric() {
        let is_hump = bytes[start - 1].is_ascii_uppercase();
        start -= 1;
        if is_hump && start > 0 && !bytes[start - 1].is_ascii_uppercase() {
            break;
        }
        if !is_hump && start > 0 && bytes[start - 1].is_ascii_uppercase() && bytes[start..].len() > 1 {
            start -= 1;
            break;
        }
    }
    key.get(start..).unwrap_or(key)
}
