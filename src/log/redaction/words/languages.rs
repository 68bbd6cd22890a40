//! Languages: the same words in the main languages of Europe, with and without their accents.

use std::borrow::Cow;

/// Whole words, and whose rule their names follow.
pub const WORDS: [(&[u8], &str); 35] = [
    // French, and Spanish, Catalan, Galician, Portuguese, Italian.
    (b"passe", "password"),
    (b"mdp", "password"),
    (b"jeton", "token"),
    (b"contrasena", "password"),
    (b"contrasenya", "password"),
    (b"contrasinal", "password"),
    (b"senha", "password"),
    (b"secreto", "secret"),
    (b"secreta", "secret"),
    (b"segredo", "secret"),
    (b"segreto", "secret"),
    // German, Dutch, Danish, Norwegian, Swedish, Finnish, Icelandic.
    (b"passwort", "password"),
    (b"kennwort", "password"),
    (b"geheimnis", "secret"),
    (b"geheimzahl", "pin"),
    (b"zugangsdaten", "credentials"),
    (b"wachtwoord", "password"),
    (b"adgangskode", "password"),
    (b"kodeord", "password"),
    (b"passord", "password"),
    (b"losenord", "password"),
    (b"salasana", "password"),
    // Polish, Czech and Slovak, Slovene, Croatian, Hungarian, Estonian, Lithuanian, Turkish.
    (b"haslo", "password"),
    (b"heslo", "password"),
    (b"geslo", "password"),
    (b"lozinka", "password"),
    (b"jelszo", "password"),
    (b"salasona", "password"),
    (b"slaptazodis", "password"),
    (b"sifre", "password"),
    // Russian and Ukrainian, Bulgarian, Serbian, Greek.
    ("пароль".as_bytes(), "password"),
    ("парола".as_bytes(), "password"),
    ("лозинка".as_bytes(), "password"),
    ("секрет".as_bytes(), "secret"),
    ("συνθηματικο".as_bytes(), "password"),
];

/// Those of these words that say secret also where a longer word ends in them: `benutzerpasswort`, `motdepasse`.
pub const ENDINGS: [(&[u8], &str); 6] = [
    (b"passwort", "password"),
    (b"kennwort", "password"),
    (b"motdepasse", "password"),
    (b"palavrapasse", "password"),
    (b"contrasena", "password"),
    (b"wachtwoord", "password"),
];

/// Two words that are a password together: the Greek ones.
pub const PAIRS: [(&[u8], &[u8]); 1] = [("κωδικοσ".as_bytes(), "προσβασησ".as_bytes())];

/// Words of everyday life that also say secret: `clave` is Spanish for key and password; `parola` is Italian for word,
/// and Romanian and Turkish for password.
pub const EVERYDAY: [&[u8]; 2] = [b"clave", b"parola"];

/// Words after a secret's that make the name one about it.
pub const HARMLESS_AFTER: [&[u8]; 19] = [
    b"laenge",
    b"lange",
    b"geaendert",
    b"geandert",
    b"vergessen",
    b"staerke",
    b"starke",
    b"longueur",
    b"oublie",
    b"modifie",
    b"longitud",
    b"cambiada",
    b"olvidada",
    b"alterada",
    b"esquecida",
    b"dimenticata",
    b"vergeten",
    b"gewijzigd",
    b"am",
];

/// Words right before a secret's that do the same.
pub const HARMLESS_BEFORE: [&[u8]; 3] = [b"longitud", b"longueur", b"comprimento"];

/// Returns Latin and Greek letters without their accents, and those of other alphabets small. It borrows a name that is
/// ASCII.
pub fn plain(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    let mut written = String::with_capacity(name.len());
    for letter in name.chars() {
        match without_accent(letter) {
            // An accent that stands alone, behind its letter.
            _ if ('\u{300}'..='\u{36f}').contains(&letter) => {}
            plain if plain.is_ascii() => written.push(plain),
            other => written.extend(other.to_lowercase().map(without_accent)),
        }
    }
    Cow::Owned(written)
}

fn without_accent(letter: char) -> char {
    const ACCENTED: [(&str, char); 34] = [
        ("àáâãäåāăą", 'a'),
        ("çćč", 'c'),
        ("ďđ", 'd'),
        ("èéêëēėęě", 'e'),
        ("ğģ", 'g'),
        ("ìíîïīįı", 'i'),
        ("ķ", 'k'),
        ("ĺļľł", 'l'),
        ("ñńņň", 'n'),
        ("òóôõöøōő", 'o'),
        ("řŕ", 'r'),
        ("śşšș", 's'),
        ("ťţț", 't'),
        ("ùúûüūůűų", 'u'),
        ("ýÿ", 'y'),
        ("źżž", 'z'),
        ("ÀÁÂÃÄÅĀĂĄ", 'A'),
        ("ÇĆČ", 'C'),
        ("ĎĐ", 'D'),
        ("ÈÉÊËĒĖĘĚ", 'E'),
        ("ÌÍÎÏĪĮİ", 'I'),
        ("ĹĻĽŁ", 'L'),
        ("ÑŃŅŇ", 'N'),
        ("ÒÓÔÕÖØŌŐ", 'O'),
        ("ŘŔ", 'R'),
        ("ŚŞŠȘ", 'S'),
        ("ÙÚÛÜŪŮŰŲ", 'U'),
        ("ŹŻŽ", 'Z'),
        ("ά", 'α'),
        ("έ", 'ε'),
        ("ή", 'η'),
        ("ό", 'ο'),
        ("ώ", 'ω'),
        ("ς", 'σ'),
    ];
    ACCENTED.iter().find(|(accented, _)| accented.contains(letter)).map_or(letter, |(_, plain)| *plain)
}
