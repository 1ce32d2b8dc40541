//! Chance that can be repeated.

/// Numbers that follow from a seed (splitmix64, public domain, Sebastiano Vigna).
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Seeded by `PGARK_TEST_SEED`, else by the clock. Says the seed, so that a failure can be repeated.
    pub fn new(what: &str) -> Self {
        let seed = match std::env::var("PGARK_TEST_SEED") {
            Ok(seed) => seed.parse().unwrap_or_else(|_| panic!("PGARK_TEST_SEED: `{seed}` is not a number")),
            Err(_) => std::time::UNIX_EPOCH.elapsed().map_or(0, |time| u64::from(time.subsec_nanos())),
        };
        println!("{what}: PGARK_TEST_SEED={seed}");
        Self(seed)
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `end`, which is not reached.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// One point in each of `count` equal parts of 0..1, in random order: spread, and yet by chance.
    pub fn spread(&mut self, count: usize) -> Vec<f64> {
        let mut points: Vec<f64> = (0..count)
            .map(|part| (part as f64 + self.below(1 << 20) as f64 / (1 << 20) as f64) / count as f64)
            .collect();
        for at in (1..count).rev() {
            points.swap(at, self.below(at as u64 + 1) as usize);
        }
        points
    }
}
