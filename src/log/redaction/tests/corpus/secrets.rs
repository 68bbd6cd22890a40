//! Made-up secrets of each rule.

use super::{BASE62, BASE64URL, DIGITS, HEX, Random, UPPER};

pub struct Secret {
    /// What an application would write.
    pub whole: String,
    /// What of it must not be left.
    pub canary: String,
}

/// The numbers that the networks and payment providers publish for tests.
pub const TEST_CARDS: [&str; 22] = [
    "4111 1111 1111 1111",
    "4012 8888 8888 1881",
    "4242-4242-4242-4242",
    "5555 5555 5555 4444",
    "5105 1051 0510 5100",
    "5200-8282-8282-8210",
    "2223 0031 2200 3222",
    "2223000048400011",
    "3782 822463 10005",
    "3714-496353-98431",
    "378734493671000",
    "6011 1111 1111 1117",
    "6011 0009 9013 9424",
    "6011981111111113",
    "3530 1113 3330 0000",
    "3566 0020 2036 0505",
    "3056 930902 5904",
    "30569309025904",
    "3852 000002 3237",
    "36227206271667",
    "6200 0000 0000 0005",
    "6205500000000000004",
];

/// The examples of the registry.
pub const IBANS: [&str; 24] = [
    "AD1200012030200359100100",
    "AE070331234567890123456",
    "AT611904300234573201",
    "BE68539007547034",
    "BR1800360305000010009795493C1",
    "CH9300762011623852957",
    "CZ6508000000192000145399",
    "DE89370400440532013000",
    "DK5000400440116243",
    "ES9121000418450200051332",
    "FI2112345600000785",
    "FR1420041010050500013M02606",
    "GB29NWBK60161331926819",
    "GR1601101250000000012300695",
    "IE29AIBK93115212345678",
    "IT60X0542811101000000123456",
    "LU280019400644750000",
    "MT84MALT011000012345MTLCAST001S",
    "NL91ABNA0417164300",
    "NO9386011117947",
    "PL61109010140000071219812874",
    "PT50000201231234567890154",
    "SE4550000000058398257466",
    "TR330006100519786457841326",
];

pub fn of(random: &mut Random, rule: &str) -> Secret {
    let whole = match rule {
        "private_key" => return private_key(random),
        "jwt" => jwt(random),
        "bearer" => return bearer(random),
        "url_password" => return url_password(random),
        "provider_key" => provider_key(random),
        "named_secret" => return named_secret(random),
        "ip" => ip(random),
        "card" => card(random),
        "iban" => iban(random),
        "email" => email(random),
        _ => phone(random),
    };
    Secret { canary: whole.clone(), whole }
}

fn private_key(random: &mut Random) -> Secret {
    let kind = random.pick(&[
        "RSA PRIVATE KEY",
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
    ]);
    let canary = random.text(BASE62, 64);
    Secret { whole: format!("-----BEGIN {kind}-----\n{canary}\n-----END {kind}-----"), canary }
}

fn base64url(text: &str) -> String {
    let alphabet = BASE64URL.as_bytes();
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            encoded.push(char::from(alphabet[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    encoded
}

fn jwt(random: &mut Random) -> String {
    let algorithm = random.pick(&["HS256", "RS256", "ES256", "EdDSA"]);
    let header = random
        .pick(
            &[
                format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#).as_str(),
                &format!(r#"{{"typ":"JWT","alg":"{algorithm}"}}"#),
                &format!(r#"{{"alg":"{algorithm}","kid":"main-2026"}}"#),
            ]
            .map(base64url)
            .each_ref()
            .map(String::as_str),
        )
        .to_owned();
    let claims = base64url(&format!(r#"{{"sub":"{}","exp":1790000000}}"#, random.text(HEX, 12)));
    format!("{header}.{claims}.{}", random.text(BASE64URL, 43).replace(['-', '_'], "x"))
}

fn bearer(random: &mut Random) -> Secret {
    let length = 20 + random.below(40) as usize;
    let canary = match random.below(4) {
        0 => random.text(HEX, 40),
        1 => base64url(&format!("user{}:{}", random.below(100), random.text(BASE62, 12))),
        _ => random.text(BASE62, length),
    };
    let scheme = if canary.starts_with("dXNl") { "Basic" } else { random.pick(&["Bearer", "bearer", "BEARER"]) };
    Secret { whole: format!("{scheme} {canary}"), canary }
}

fn url_password(random: &mut Random) -> Secret {
    let scheme = random.pick(&["postgres", "postgresql", "https", "redis", "amqp", "mongodb+srv", "mysql", "ftp"]);
    let length = 8 + random.below(16) as usize;
    let canary = random.text("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!$*.~-", length);
    let user = random.pick(&["app", "postgres", "", "svc-telemetry", "admin"]);
    Secret { whole: format!("{scheme}://{user}:{canary}@db-1.internal.example.com:5432/main"), canary }
}

fn provider_key(random: &mut Random) -> String {
    match random.below(22) {
        0 => format!("AKIA{}", random.text(UPPER, 16)),
        1 => format!("ASIA{}", random.text(UPPER, 16)),
        2 => format!("ghp_{}", random.text(BASE62, 36)),
        3 => format!("ghs_{}", random.text(BASE62, 36)),
        4 => format!("github_pat_{}_{}", random.text(BASE62, 22), random.text(BASE62, 59)),
        5 => format!("xoxb-{}-{}-{}", random.text(DIGITS, 12), random.text(DIGITS, 13), random.text(BASE62, 24)),
        6 => format!("xoxp-{}-{}-{}", random.text(DIGITS, 11), random.text(DIGITS, 11), random.text(HEX, 32)),
        7 => format!("sk_live_{}", random.text(BASE62, 24)),
        8 => format!("sk_test_{}", random.text(BASE62, 99)),
        9 => format!("rk_live_{}", random.text(BASE62, 24)),
        10 => format!("AIza{}", random.text(BASE64URL, 35)),
        11 => format!("sk-{}", random.text(BASE62, 48)),
        12 => format!("sk-proj-{}", random.text(BASE64URL, 156)),
        13 => format!("sk-ant-api03-{}AA", random.text(BASE64URL, 93)),
        14 => format!("sb_secret_{}", random.text(BASE64URL, 31)),
        15 => format!("glpat-{}", random.text(BASE64URL, 20)),
        16 => format!("npm_{}", random.text(BASE62, 36)),
        17 => format!("SG.{}.{}", random.text(BASE64URL, 22), random.text(BASE64URL, 43)),
        18 => format!("hf_{}", random.text(BASE62, 34)),
        19 => format!("GOCSPX-{}", random.text(BASE64URL, 28)),
        20 => format!("{}:AA{}", 1_000_000_000 + random.below(8_000_000_000), random.text(BASE64URL, 33)),
        _ => format!(
            "https://hooks.slack.com/services/T{}/B{}/{}",
            random.text(UPPER, 10),
            random.text(UPPER, 10),
            random.text(BASE62, 24)
        ),
    }
}

fn named_secret(random: &mut Random) -> Secret {
    let canary = format!("{}{}", random.text(BASE62, 12), random.below(10));
    let name =
        random.pick(&["password", "access_token", "reset_password_token", "api_key", "clientSecret", "X-Api-Key"]);
    let whole = match random.below(5) {
        0 => format!("https://app.example.org/x?lang=de&{name}={canary}&step=2"),
        1 => format!("user=joe&{name}={canary}&x=1"),
        2 => format!(r#"{{"user":7,"{name}":"{canary}"}}"#),
        3 => format!("{name}: {canary}"),
        _ => format!("https://app.example.org/cb#{name}={canary}"),
    };
    Secret { whole, canary }
}

fn ip(random: &mut Random) -> String {
    let mut byte = || 1 + random.below(254);
    if byte() % 3 == 0 {
        format!("2001:db8:{:x}::{:x}", byte(), byte())
    } else {
        format!("{}.{}.{}.{}", byte(), byte(), byte(), byte())
    }
}

/// A number of an issuer with its check digit, in one run or in groups.
fn card(random: &mut Random) -> String {
    let (prefix, length) = random.pick(&[
        ("4", 16),
        ("4539", 16),
        ("4716", 16),
        ("51", 16),
        ("55", 16),
        ("53", 16),
        ("2221", 16),
        ("2719", 16),
        ("34", 15),
        ("37", 15),
        ("6011", 16),
        ("645", 16),
        ("65", 16),
        ("3530", 16),
        ("3589", 16),
        ("300", 14),
        ("36", 14),
        ("38", 14),
        ("62", 16),
        ("62", 19),
        ("6759", 16),
        ("2200", 16),
    ]);
    let mut number = format!("{prefix}{}", random.text(DIGITS, length - prefix.len() - 1));
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 })
        .map(|value| value / 10 + value % 10)
        .sum();
    number.push_str(&((10 - sum % 10) % 10).to_string());
    let separator = random.pick(&["", "", " ", "-"]);
    let groups: &[usize] = match number.len() {
        14 => &[4, 6, 4],
        15 => &[4, 6, 5],
        16 => &[4, 4, 4, 4],
        _ => &[4, 4, 4, 4, 3],
    };
    let mut rest = number.as_str();
    let mut parts = Vec::new();
    for group in groups {
        let (part, after) = rest.split_at(*group);
        parts.push(part);
        rest = after;
    }
    parts.join(separator)
}

fn iban(random: &mut Random) -> String {
    let (country, bank, digits) = random.pick(&[
        ("DE", "", 18),
        ("AT", "", 16),
        ("BE", "", 12),
        ("ES", "", 20),
        ("PL", "", 24),
        ("GB", "NWBK", 14),
        ("NL", "ABNA", 10),
        ("SE", "", 20),
        ("PT", "", 21),
        ("CH", "", 17),
        ("FR", "", 23),
        ("NO", "", 11),
        ("IT", "X", 22),
    ]);
    let account = format!("{bank}{}", random.text(DIGITS, digits));
    let rest = format!("{account}{country}00").bytes().fold(0u64, |rest, byte| {
        let value = u64::from(char::from(byte).to_digit(36).expect("a letter or digit"));
        (if value < 10 { rest * 10 + value } else { rest * 100 + value }) % 97
    });
    let compact = format!("{country}{:02}{account}", 98 - rest);
    if random.below(3) == 0 {
        compact.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
    } else {
        compact
    }
}

fn email(random: &mut Random) -> String {
    let name = random.pick(&[
        "joe",
        "anna.schmidt",
        "j_doe",
        "x",
        "o.brien-smith",
        "maria2",
        "first.last+news",
        "李伟1",
        "jürgen",
    ]);
    let at = if name.is_ascii() && !name.contains('+') && random.below(5) == 0 { "%40" } else { "@" };
    let domain = random.pick(&[
        "gmail.com",
        "example.co.uk",
        "mail.163.com",
        "uni-köln.de",
        "a.io",
        "xn--bcher-kva.example",
        "sub.dept.school.edu",
    ]);
    let ascii = if name.starts_with('李') { "liwei1" } else { name };
    format!("{ascii}{}{at}{domain}", random.below(1000))
}

fn phone(random: &mut Random) -> String {
    match random.below(8) {
        0 => format!("+49{}", random.text("123456789", 10)),
        1 => format!("+1{}{}", random.text("23456789", 1), random.text(DIGITS, 9)),
        2 => format!("+1 ({}) {}-{}", random.text("23456789", 3), random.text(DIGITS, 3), random.text(DIGITS, 4)),
        3 => format!("+44 20 {} {}", random.text(DIGITS, 4), random.text(DIGITS, 4)),
        4 => format!("+33 6 {0} {0} {1} {1}", random.text(DIGITS, 2), random.text(DIGITS, 2)),
        5 => format!("+91-{}-{}", random.text(DIGITS, 5), random.text(DIGITS, 5)),
        6 => format!("%2B4179{}", random.text(DIGITS, 7)),
        _ => format!("+86{}", random.text("13456789", 11)),
    }
}
