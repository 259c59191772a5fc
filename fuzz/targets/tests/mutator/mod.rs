//! Changes seeds a little, by chance that is the same each time.

const LONGEST_INPUT_BYTES: usize = 16 * 1024;
const MOST_CHANGES: usize = 4;

/// What parsers stumble over.
const PIECES: [&[u8]; 24] = [
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"'",
    b"<",
    b"</",
    b"/>",
    b"<![CDATA[",
    b"<!DOCTYPE x [",
    b"&#0;",
    b"&lt;",
    b"((((((((",
    b"[[[[[[[[",
    b"{\"",
    b"-1",
    b"99999999999999999999",
    b"1e309",
    b"0000-00-00",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xf0\x9f\x98\x80",
    b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x9f\xbf",
];

pub struct Mutator {
    seeds: Vec<Vec<u8>>,
    state: u64,
}

impl Mutator {
    pub fn new(seeds: Vec<Vec<u8>>) -> Self {
        Self { seeds, state: 0x9e37_79b9_7f4a_7c15 }
    }

    /// A seed with one to four changes.
    pub fn next_input(&mut self) -> Vec<u8> {
        let seed = self.below(self.seeds.len());
        let mut input = self.seeds[seed].clone();
        for _ in 0..=self.below(MOST_CHANGES) {
            self.change(&mut input);
        }
        input.truncate(LONGEST_INPUT_BYTES);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = input.len().min(at + 1 + self.below(64));
        match self.below(8) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = [0, 0x7f, 0x80, 0xff][self.below(4)],
            2 => input.truncate(at),
            3 => drop(input.drain(at..end)),
            4 => {
                let copy = input[at..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, copy);
            }
            5 => {
                let other = self.below(self.seeds.len());
                let tail = self.below(self.seeds[other].len() + 1);
                input.truncate(at);
                input.extend_from_slice(&self.seeds[other][tail..]);
            }
            6 => {
                let copy = input[at..end].to_vec();
                let times = self.below(200);
                input.splice(at..at, copy.repeat(times));
            }
            _ => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(at..at, piece.iter().copied());
            }
        }
    }

    /// A number below the limit; 0 when that is 0. (xorshift64*, Vigna 2014.)
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let random = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(random).unwrap_or_default() % limit.max(1)
    }
}
