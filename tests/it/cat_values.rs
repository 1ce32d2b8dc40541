//! Random values of every built-in type that has a binary form, as COPY BINARY takes them: what no SQL expression would
//! think of, and extremes.

use crate::support::Random;

/// A type with a generator of values in binary form.
pub struct Sort {
    /// As SQL writes it.
    pub name: &'static str,
    /// Of the elements of its arrays (pg_type).
    pub oid: u32,
    /// The first major that has it.
    pub since: u32,
    make: fn(&mut Random, &Place) -> Vec<u8>,
}

/// What a value may depend on.
pub struct Place {
    pub major: u32,
    /// Number of the row, from 0: the first ones have special values.
    pub row: u64,
}

impl Sort {
    /// A value.
    pub fn value(&self, random: &mut Random, place: &Place) -> Vec<u8> {
        (self.make)(random, place)
    }

    /// An array, or NULL.
    pub fn array(&self, random: &mut Random, place: &Place) -> Option<Vec<u8>> {
        let dimensions = match random.below(20) {
            0 => return None,
            1 => 0,
            2 => 1 + random.below(6),
            _ => 1 + random.below(2),
        };
        let mut count = u64::from(dimensions > 0);
        let mut bytes = int4(dimensions as i32);
        bytes.extend(int4(1));
        bytes.extend(self.oid.to_be_bytes());
        for _ in 0..dimensions {
            let length = 1 + random.below(if dimensions > 2 { 2 } else { 3 });
            count *= length;
            let lower = [1, 1, 0, -3, 2_000_000_000][random.below(5) as usize];
            bytes.extend([int4(length as i32), int4(lower)].concat());
        }
        for _ in 0..count {
            // Special values are for the plain column.
            let place = Place { major: place.major, row: u64::MAX };
            bytes.extend(field((random.below(5) > 0).then(|| self.value(random, &place))));
        }
        Some(bytes)
    }
}

/// A value with its length before it.
pub fn field(value: Option<Vec<u8>>) -> Vec<u8> {
    match value {
        None => int4(-1),
        Some(value) => [int4(value.len() as i32), value].concat(),
    }
}

fn int4(value: i32) -> Vec<u8> {
    value.to_be_bytes().to_vec()
}

macro_rules! sorts {
    ($($name:literal $oid:literal $since:literal $make:expr,)*) => {
        /// All of them.
        pub const SORTS: &[Sort] = &[$(Sort { name: $name, oid: $oid, since: $since, make: $make }),*];
    };
}

sorts! {
    "bool" 16 12 |random, _| vec![random.below(2) as u8],
    "int2" 21 12 |random, _| (integer(random) as i16).to_be_bytes().to_vec(),
    "int4" 23 12 |random, _| int4(integer(random) as i32),
    "int8" 20 12 |random, _| integer(random).to_be_bytes().to_vec(),
    "float4" 700 12 |random, place| float4(random, place.row).to_be_bytes().to_vec(),
    "float8" 701 12 |random, place| float8(random, place.row).to_be_bytes().to_vec(),
    "numeric" 1700 12 numeric,
    "money" 790 12 |random, _| integer(random).to_be_bytes().to_vec(),
    "oid" 26 12 |random, _| int4(integer(random) as i32),
    "xid" 28 12 |random, _| int4(integer(random) as i32),
    "cid" 29 12 |random, _| int4(integer(random) as i32),
    "xid8" 5069 13 |random, _| integer(random).to_be_bytes().to_vec(),
    "\"char\"" 18 12 |random, _| vec![random.next() as u8],
    "text" 25 12 |random, _| string(random).into_bytes(),
    "varchar" 1043 12 |random, _| string(random).into_bytes(),
    "bpchar" 1042 12 |random, _| string(random).into_bytes(),
    "name" 19 12 |random, _| { let mut text = string(random); while text.len() > 63 { text.pop(); } text.into_bytes() },
    "refcursor" 1790 12 |random, _| string(random).into_bytes(),
    "bytea" 17 12 |random, _| (0..random.below(30)).map(|_| random.next() as u8).collect(),
    "json" 114 12 |random, _| json(random, 0).into_bytes(),
    "jsonb" 3802 12 |random, _| [vec![1], json(random, 0).into_bytes()].concat(),
    "jsonpath" 4072 12 |random, _| [&[1], PATHS[random.below(5) as usize].as_bytes()].concat(),
    "date" 1082 12 |random, place| int4(date(random, place.row)),
    "time" 1083 12 |random, _| time(random).to_be_bytes().to_vec(),
    "timetz" 1266 12 |random, _| {
        let zone = [0, 3600, -19_800, 57_599, -57_599, random.below(115_199) as i32 - 57_599][random.below(6) as usize];
        [time(random).to_be_bytes().to_vec(), int4(zone)].concat()
    },
    "timestamp" 1114 12 |random, place| timestamp(random, place.row).to_be_bytes().to_vec(),
    "timestamptz" 1184 12 |random, place| timestamp(random, place.row).to_be_bytes().to_vec(),
    "interval" 1186 12 interval,
    "uuid" 2950 12 |random, _| (0..16).map(|_| random.next() as u8).collect(),
    "inet" 869 12 |random, _| address(random, false),
    "cidr" 650 12 |random, _| address(random, true),
    "macaddr" 829 12 |random, _| (0..6).map(|_| random.next() as u8).collect(),
    "macaddr8" 774 12 |random, _| (0..8).map(|_| random.next() as u8).collect(),
    "point" 600 12 |random, _| floats(random, 2),
    "lseg" 601 12 |random, _| floats(random, 4),
    "box" 603 12 |random, _| floats(random, 4),
    "line" 628 12 |random, _| {
        let slope = 1.0 + random.below(1000) as f64 / 7.0;
        [slope.to_be_bytes().to_vec(), floats(random, 2)].concat()
    },
    "path" 602 12 |random, _| {
        let count = 1 + random.below(4);
        [vec![random.below(2) as u8], int4(count as i32), floats(random, 2 * count)].concat()
    },
    "polygon" 604 12 |random, _| {
        let count = 1 + random.below(4);
        [int4(count as i32), floats(random, 2 * count)].concat()
    },
    "circle" 718 12 |random, _| {
        let radius = float8(random, u64::MAX).abs();
        [floats(random, 2), radius.to_be_bytes().to_vec()].concat()
    },
    "bit(13)" 1560 12 |random, _| bits(random, 13),
    "varbit" 1562 12 |random, _| { let count = random.below(70); bits(random, count) },
    "tid" 27 12 |random, _| [int4(integer(random) as i32), (random.next() as u16).to_be_bytes().to_vec()].concat(),
    "pg_lsn" 3220 12 |random, _| integer(random).to_be_bytes().to_vec(),
    "txid_snapshot" 2970 12 |random, _| snapshot(random),
    "pg_snapshot" 5038 13 |random, _| snapshot(random),
    "tsvector" 3614 12 |random, _| tsvector(random),
}

const PATHS: [&str; 5] = [
    "$",
    "$.a[*]?(@ > 3)",
    "strict $.\"b c\"[0 to last]",
    "$.**{2}.x ? (@ like_regex \"^a\" flag \"i\")",
    "-$.a + 1.5",
];

/// Any number of bits, and their limits.
fn integer(random: &mut Random) -> i64 {
    let limits = [0, 1, -1, 99, -100, 32767, -32768, 2_147_483_647, -2_147_483_648, i64::MAX, i64::MIN];
    match random.below(4) {
        0 => limits[random.below(limits.len() as u64) as usize],
        1 => random.next() as i64,
        _ => (random.next() as i64) >> random.below(64),
    }
}

/// The first rows have all powers of two with their neighbours, and those of ten.
fn float8(random: &mut Random, row: u64) -> f64 {
    if row < 3 * 2046 {
        return f64::from_bits((((row / 3 + 1) << 52) + row % 3).wrapping_sub(1));
    }
    match random.below(8) {
        0 => [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 5e-324, 1e22]
            [random.below(8) as usize],
        1 => format!("1e{}", random.below(640) as i32 - 330).parse().unwrap(),
        // Short ones, large integers, and those in the middle between two decimals.
        2 => random.below(2_000_000) as f64 / 1000.0 - 1000.0,
        3 => (random.next() >> random.below(64)) as f64,
        4 => (random.next() >> 10) as f64 / [4.0, 8.0, 16.0, 1024.0][random.below(4) as usize],
        _ => f64::from_bits(random.next()),
    }
}

fn float4(random: &mut Random, row: u64) -> f32 {
    if row < 3 * 254 {
        return f32::from_bits(((((row / 3 + 1) << 23) + row % 3) as u32).wrapping_sub(1));
    }
    match random.below(8) {
        0 => [0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e-45, 1e6]
            [random.below(8) as usize],
        1 => format!("1e{}", random.below(84) as i32 - 45).parse().unwrap(),
        2 => random.below(2_000_000) as f32 / 1000.0 - 1000.0,
        3 => (random.next() >> random.below(64)) as f32,
        4 => (random.next() >> 38) as f32 / [4.0, 8.0, 16.0, 1024.0][random.below(4) as usize],
        _ => f32::from_bits(random.next() as u32),
    }
}

fn floats(random: &mut Random, count: u64) -> Vec<u8> {
    (0..count).flat_map(|_| float8(random, u64::MAX).to_be_bytes()).collect()
}

/// Up to a thousand digits; NaN, and from 14 on infinities.
fn numeric(random: &mut Random, place: &Place) -> Vec<u8> {
    let head = |count: u64, weight: i64, sign: u16, scale: u64| -> Vec<u8> {
        [count as u16, weight as u16, sign, scale as u16].iter().flat_map(|part| part.to_be_bytes()).collect()
    };
    match random.below(30) {
        0 => return head(0, 0, 0xC000, 0),
        1 if place.major >= 14 => return head(0, 0, [0xD000, 0xF000][random.below(2) as usize], 0),
        2 => return head(0, 0, 0, random.below(5)),
        _ => {}
    }
    let long = random.below(200) == 0 || place.row == 0;
    let count = 1 + if long { 249 } else { random.below(7) };
    let weight = random.below(count + 6) as i64 - 3;
    let scale = if long { random.below(1001) } else { random.below(20) };
    let mut bytes = head(count, weight, [0, 0x4000][random.below(2) as usize], scale);
    for _ in 0..count {
        let digit = [0, 1, 10, 100, 9999, random.below(10_000) as u16][random.below(6) as usize];
        bytes.extend(digit.to_be_bytes());
    }
    bytes
}

/// What needs quotes or escapes in one format or another.
fn string(random: &mut Random) -> String {
    const PIECES: [&str; 34] = [
        "a", "B", "7", " ", ",", ";", "\"", "\"\"", "\\", "\\\\", "{", "}", "(", ")", "[", "]", "'", "\n",
        "\r", "\t", "\u{8}", "\u{b}", "\u{c}", "\u{1}", "\u{1f}", "\u{7f}", "é", "数", "🦀", "\u{2028}",
        "NULL", "\\N", "\\.", "<&>",
    ];
    match random.below(12) {
        0 => String::new(),
        1 => ["NULL", "null", "\\N", "\\.", "t", "-"][random.below(6) as usize].to_owned(),
        _ => (0..random.below(12)).map(|_| PIECES[random.below(34) as usize]).collect(),
    }
}

fn json(random: &mut Random, depth: u64) -> String {
    let string = |random: &mut Random| {
        const PIECES: [&str; 10] = ["a", " ", "é", "\\\"", "\\\\", "\\n", "\\u00e9", "🦀", "/", "'"];
        let inner: String = (0..random.below(6)).map(|_| PIECES[random.below(10) as usize]).collect();
        format!("\"{inner}\"")
    };
    match random.below(if depth > 2 { 6 } else { 9 }) {
        0 => "null".to_owned(),
        1 => ["true", "false"][random.below(2) as usize].to_owned(),
        2 => ["0", "-1.50", "1e5", "123456789012345678901234567890", "0.000"][random.below(5) as usize]
            .to_owned(),
        3 => (random.next() as i64).to_string(),
        4 | 5 => string(random),
        6 | 7 => {
            let items: Vec<String> = (0..random.below(4)).map(|_| json(random, depth + 1)).collect();
            format!("[ {}]", items.join(","))
        }
        _ => {
            let items: Vec<String> = (0..random.below(4))
                .map(|_| format!("{} :{}", string(random), json(random, depth + 1)))
                .collect();
            format!("{{{}}}", items.join(" , "))
        }
    }
}

fn date(random: &mut Random, row: u64) -> i32 {
    let special = [i32::MAX, i32::MIN, -2_451_545, 2_145_031_948, -730_119, -730_120, -730_486, 0, 59, 60];
    if row < special.len() as u64 {
        return special[row as usize];
    }
    match random.below(3) {
        0 => (random.below(2_145_031_948 + 2_451_545) as i64 - 2_451_545) as i32,
        1 => random.below(2_000_000) as i32 - 1_500_000,
        _ => random.below(40_000) as i32 - 20_000,
    }
}

fn time(random: &mut Random) -> i64 {
    match random.below(4) {
        0 => [0, 86_400_000_000, 86_399_999_999, 1][random.below(4) as usize],
        1 => random.below(86_400) as i64 * 1_000_000,
        2 => random.below(86_400_000) as i64 * 1_000,
        _ => random.below(86_400_000_000) as i64,
    }
}

fn timestamp(random: &mut Random, row: u64) -> i64 {
    const MIN: i64 = -211_813_488_000_000_000;
    const END: i64 = 9_223_371_331_200_000_000;
    let special = [i64::MAX, i64::MIN, MIN, END - 1, -1, 0, -63_082_281_600_000_000, -63_082_281_600_000_001];
    if row < special.len() as u64 {
        return special[row as usize];
    }
    match random.below(3) {
        0 => (random.below(END.abs_diff(MIN)) as i64).wrapping_add(MIN),
        1 => random.below(126_000_000_000) as i64 * 1_000_000 - 100_000_000_000_000_000,
        _ => random.below(2_000_000_000_000_000) as i64 - 1_000_000_000_000_000,
    }
}

fn interval(random: &mut Random, place: &Place) -> Vec<u8> {
    let small = |random: &mut Random| random.below(7) as i64 - 3;
    let (mut micros, days, months) = match random.below(6) {
        0 if place.major >= 15 => {
            [(i64::MAX, i32::MAX, i32::MAX), (i64::MIN, i32::MIN, i32::MIN)][random.below(2) as usize]
        }
        1 | 2 => (small(random) * 1_800_500_000, small(random) as i32, small(random) as i32 * 7),
        3 => (0, small(random) as i32, small(random) as i32),
        _ => (integer(random), integer(random) as i32, integer(random) as i32),
    };
    // Before 15 more hours than an int4 holds cannot be printed.
    if place.major < 15 {
        micros %= 7_700_000_000_000_000_000;
    }
    [micros.to_be_bytes().to_vec(), int4(days), int4(months)].concat()
}

/// The bits behind the prefix of a cidr are zero.
fn address(random: &mut Random, cidr: bool) -> Vec<u8> {
    let (family, len) = [(2, 4u8), (3, 16)][random.below(2) as usize];
    let whole = u64::from(len) * 8;
    let prefix = if random.below(2) == 0 { whole } else { random.below(whole + 1) };
    let mut address: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
    if len == 16 {
        // Runs of zeros, IPv4 within.
        for pair in 0..8 {
            match random.below(3) {
                0 => {}
                1 => address[2 * pair] = 0,
                _ => address[2 * pair..2 * pair + 2].fill(0),
            }
        }
        if random.below(4) == 0 {
            address[..10].fill(0);
            address[10..12].fill([0, 0xFF][random.below(2) as usize]);
        }
    }
    if cidr {
        for at in prefix..whole {
            address[at as usize / 8] &= !(0x80 >> (at % 8));
        }
    }
    [vec![family, prefix as u8, u8::from(cidr), len], address].concat()
}

fn bits(random: &mut Random, count: u64) -> Vec<u8> {
    let bytes = (0..count.div_ceil(8)).map(|_| random.next() as u8);
    [int4(count as i32), bytes.collect()].concat()
}

fn snapshot(random: &mut Random) -> Vec<u8> {
    let mut next = 1 + random.below(1 << 40);
    let mut numbers = vec![next];
    for _ in 0..random.below(4) {
        next += 1 + random.below(1000);
        numbers.push(next);
    }
    let (first, running) = numbers.split_first().unwrap();
    let mut bytes = int4(running.len() as i32);
    for number in [*first, next + 1].iter().chain(running) {
        bytes.extend(number.to_be_bytes());
    }
    bytes
}

fn tsvector(random: &mut Random) -> Vec<u8> {
    let mut words: Vec<String> = (0..random.below(5))
        .map(|_| string(random).replace(['\0'], ""))
        .filter(|word| !word.is_empty())
        .collect();
    words.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    words.dedup();
    let mut bytes = int4(words.len() as i32);
    for word in words {
        bytes.extend(word.as_bytes());
        bytes.push(0);
        let count = random.below(4);
        bytes.extend((count as u16).to_be_bytes());
        let mut position = 0;
        for _ in 0..count {
            position += 1 + random.below(4000) as u16;
            bytes.extend((position | (random.below(4) as u16) << 14).to_be_bytes());
        }
    }
    bytes
}
