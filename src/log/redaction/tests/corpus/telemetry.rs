//! These are things that applications log and no rule may hit.

use super::{BASE64URL, DIGITS, HEX, Random, UPPER};
use serde_json::{Value, json};

/// One payload of each kind.
pub fn values(random: &mut Random) -> Vec<(&'static str, Value)> {
    let ms = 1_600_000_000_000 + random.below(300_000_000_000);
    let us = ms * 1000 + random.below(1000);
    let snowflake = 100_000_000_000_000_000 + random.below(1_900_000_000_000_000_000);
    let hex = |random: &mut Random, length| random.text(HEX, length);
    let number = |random: &mut Random, length| random.text(DIGITS, length);
    let uuid = |random: &mut Random, version: &str| {
        let hex = random.text(HEX, 32);
        format!("{}-{}-{version}{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    };
    let (v4, v7, nested) = (uuid(random, "4"), uuid(random, "7"), uuid(random, "4"));
    let sha = hex(random, 40);
    let (hour, day) = (random.below(24), 1 + random.below(28));
    let slug = random.pick(&["intro-to-fractions", "grade-7-algebra-2", "the-water-cycle", "ww2-timeline", "sk-tatry"]);
    let agent = random.pick(&[
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.122 Mobile Safari/537.36",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "curl/8.5.0",
        "okhttp/4.12.0",
    ]);
    let sentence = random.pick(&[
        "Meet at 10:30 @ the library",
        "Version 2.0.0+20130313144700 is out",
        "The bearer of this ticket: see authentication-guide",
        "Basic authentication was turned off",
        "It costs +12.50 EUR, i.e. 1 000 000 in 2026",
        "score +15000000 points",
        "renderRow@https://app.example.com/static/js/main.3f2a1b.js:1:20345",
        "npm i @scope/pkg@1.4.0-rc.2 react@18.3.1 vite@5.0.0-beta.alpha",
        "git@github.com:owner/name.git at UTC+05:30",
        "logo@2x.png, hero@3x.webp",
        "password reset requested, token expired, api_key missing",
        "2026-01-02 03:04:05.123456+00 LOG: checkpoint complete",
        "1234-5678-9012 is the 3rd of 20 codes",
    ]);
    vec![
        ("uuid v4", json!({ "request": v4 })),
        ("uuid v7", json!({ "event": v7.clone() })),
        ("uuid upper", json!({ "device": nested.to_uppercase() })),
        ("uuid key", json!({ v7: 1 })),
        ("uuid compact", json!({"v": hex(random, 32)})),
        ("ms number", json!({ "t": ms })),
        ("ms text", json!({"t": ms.to_string()})),
        ("us number", json!({ "t": us })),
        ("us text", json!({"t": us.to_string()})),
        ("ns number", json!({"t": us * 1000})),
        ("snowflake number", json!({ "message": snowflake })),
        ("snowflake text", json!({"message": snowflake.to_string()})),
        ("random 64 bits as id", json!({"trace_id": random.next() >> 1})),
        ("random 64 bits", json!({"v": random.next() >> 1})),
        ("16 digits as id", json!({"orderId": number(random, 16)})),
        ("sha1", json!({ "commit": sha.clone() })),
        ("sha256", json!({"digest": format!("sha256:{}", hex(random, 64))})),
        ("md5", json!({"etag": format!("\"{}\"", hex(random, 32))})),
        ("span id", json!({"span": hex(random, 16)})),
        ("traceparent", json!({"traceparent": format!("00-{}-{}-01", hex(random, 32), hex(random, 16))})),
        ("short sha", json!({"sha": &sha[..7]})),
        (
            "semver",
            json!({"version": format!("{}.{}.{}-beta.{}", random.below(20), random.below(99), random.below(99), day)}),
        ),
        ("semver build", json!({"v": format!("1.{}.0+{}", random.below(99), number(random, 14))})),
        ("build", json!({"build": format!("2026{:02}{day:02}.{}", 1 + random.below(12), random.below(999))})),
        (
            "url",
            json!({"url": format!("https://app.example.com:8443/courses/{}/lessons/{slug}?step={day}&ref={}#top", random.below(99999), hex(random, 8))}),
        ),
        ("url with @", json!({"url": format!("https://medium.com/@writer{}/{slug}-{}", day, hex(random, 12))})),
        ("asset", json!({"src": format!("/assets/{slug}@{}x.png?v={}", 1 + random.below(3), hex(random, 20))})),
        ("user agent", json!({ "agent": agent })),
        ("iso time", json!({"at": format!("2026-11-{day:02}T{hour:02}:40:57.{}Z", number(random, 3))})),
        ("iso offset", json!({"start": format!("2026-11-{day:02}T{hour:02}:40:57+02:00")})),
        ("compact time", json!({"v": format!("202611{day:02}{hour:02}4057")})),
        ("ip", json!({"peer": format!("10.{}.{}.{}:{}", random.below(256), day, hour, 1024 + random.below(60000))})),
        ("ip v6", json!({"peer": format!("2001:db8:{}::{}", hex(random, 4), hex(random, 4))})),
        ("path", json!({"file": format!("/srv/app/releases/202611{day:02}{}/lib/{slug}.rb:42", number(random, 6))})),
        (
            "price",
            json!({"price": random.below(1_000_000) as f64 / 100.0, "text": format!("{}.99 EUR", random.below(9999))}),
        ),
        ("decimal", json!({"ratio": random.below(1 << 53) as f64 / 9_007_199_254_740_992.0})),
        ("decimal text", json!({"ratio": format!("0.{}", number(random, 16))})),
        (
            "coordinates",
            json!({"lat": random.below(180_000_000) as f64 / 1e6 - 90.0, "text": format!("+{}.{}, -122.{}", 10 + random.below(80), number(random, 6), number(random, 6))}),
        ),
        ("base64url id", json!({"v": random.text(BASE64URL, 22)})),
        ("nano id", json!({"v": random.text(BASE64URL, 21)})),
        (
            "base64",
            json!({"v": format!("{}==", random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 86))}),
        ),
        ("order number", json!({"v": format!("ORD-2026-{}", number(random, 6))})),
        ("invoice", json!({"v": format!("INV{}", number(random, 10))})),
        (
            "isbn",
            json!({"v": format!("978-3-{}-{}-{}", number(random, 3), number(random, 5), number(random, 1)), "w": format!("978{}", number(random, 10))}),
        ),
        ("ean", json!({"ean": format!("4{}", number(random, 12))})),
        ("ups", json!({"v": format!("1Z{}", random.text(UPPER, 16))})),
        (
            "usps",
            json!({"v": format!("9400 1{} {} {} {} {}", number(random, 3), number(random, 4), number(random, 4), number(random, 4), number(random, 2))}),
        ),
        ("dhl", json!({"v": format!("JJD{}", number(random, 18))})),
        ("sentence", json!({ "message": sentence })),
        (
            "css",
            json!({"class": format!("btn btn--primary sk-chasing-dot mt-4 css-{} [&>svg]:w-4 md:grid-cols-{}", random.text("abcdefghijklmnopqrstuvwxyz0123456789", 7), day)}),
        ),
        ("selector", json!({"target": format!("main > div.card:nth-child({day}) a[href='#{slug}']")})),
        ("slug", json!({ "lesson": slug })),
        ("object id", json!({"v": hex(random, 24)})),
        ("ulid", json!({"v": format!("01{}", random.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24))})),
        ("cuid", json!({"v": format!("c{}", random.text("abcdefghijklmnopqrstuvwxyz0123456789", 24))})),
        ("upper id", json!({"v": random.text(UPPER, 22)})),
        ("stripe id", json!({"v": format!("pi_3{}", random.text(BASE64URL, 23).replace(['-', '_'], "0"))})),
        ("publishable key", json!({"v": format!("pk_live_{}", hex(random, 24))})),
        ("ga client", json!({"v": format!("GA1.1.{}.{}", number(random, 10), ms / 1000)})),
        ("lsn", json!({"v": format!("0/{}", random.text("0123456789ABCDEF", 8))})),
        (
            "counts",
            json!({"bytes": random.below(1 << 40), "rows": random.below(1 << 32), "tokens": 812, "token_count": 9}),
        ),
        (
            "harmless keys",
            json!({"tokens": 12, "secretary": "yes", "pinned": true, "cookie_consent": "all", "password": false}),
        ),
        ("arn", json!({"v": format!("arn:aws:lambda:eu-central-1:{}:function:{slug}", number(random, 12))})),
        ("image", json!({"v": format!("registry.example.com/team/app@sha256:{}", hex(random, 64))})),
        ("phone-like", json!({"v": format!("{}-{}-{}", number(random, 3), number(random, 3), number(random, 4))})),
        ("imei", json!({"v": format!("35{}", number(random, 13))})),
    ]
}
