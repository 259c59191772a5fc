#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use journal::{
    Checkpoint, CheckpointError, Hash, Head, Leaf, LogName, Proof, SigningKey, Tree, prove,
};
use proptest::{prelude::*, sample::Index};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn leaf(number: usize) -> Leaf {
    let log = LogName::new("S", "casebook", format!("{number:06}"));
    let head = Head { sequence: number as u64 + 1, hash: Hash::of(&number.to_be_bytes()) };
    Leaf { log, head }
}

fn leaves(count: usize) -> Vec<Leaf> {
    (0..count).map(leaf).collect()
}

fn tree(leaves: &[Leaf]) -> Tree {
    let mut tree = Tree::default();
    for leaf in leaves {
        tree.push(leaf).unwrap();
    }
    tree
}

#[test]
fn the_root_of_nothing_is_the_hash_of_nothing() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Tree::default().root().to_string(), empty);
}

#[test]
fn leaves_out_of_order_or_twice_are_refused() {
    let mut tree = tree(&leaves(3));
    assert!(tree.push(&leaf(2)).is_err());
    assert!(tree.push(&leaf(1)).is_err());
    assert!(tree.push(&leaf(3)).is_ok());
}

#[test]
fn a_signed_checkpoint_reads_back_from_its_line_and_verifies() {
    let first = Checkpoint::sign(1_000, &tree(&leaves(3)), None, &key());
    let second = Checkpoint::sign(2_000, &tree(&leaves(4)), Some(&first), &key());
    let read = Checkpoint::from_line(&second.to_line()).unwrap();
    assert_eq!(read, second);
    assert!(read.verify(key().verifying_key().as_bytes()).is_ok());
    assert!(read.follows(&first));
    assert!(!first.follows(&read));
    assert!(read.matches(&tree(&leaves(4))).is_ok());
}

#[test]
fn a_checkpoint_does_not_match_logs_that_were_added_removed_or_rewritten() {
    let checkpoint = Checkpoint::sign(1_000, &tree(&leaves(5)), None, &key());
    let count = checkpoint.matches(&tree(&leaves(4)));
    assert!(matches!(count, Err(CheckpointError::OtherCount { recorded: 5, found: 4 })));
    let mut rewritten = leaves(5);
    rewritten[2].head.hash = Hash::of(b"another entry");
    let root = checkpoint.matches(&tree(&rewritten));
    assert!(matches!(root, Err(CheckpointError::OtherRoot { .. })));
}

#[test]
fn a_checkpoint_signed_with_another_key_is_not_trusted() {
    let checkpoint = Checkpoint::sign(1_000, &tree(&leaves(2)), None, &key());
    let trusted = SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes();
    assert!(matches!(checkpoint.verify(&trusted), Err(CheckpointError::OtherKey)));
}

#[test]
fn a_changed_statement_does_not_carry_the_signature() {
    let checkpoint = Checkpoint::sign(1_000, &tree(&leaves(2)), None, &key());
    let later = checkpoint.to_line().replace("\"taken_at_ms\":1000", "\"taken_at_ms\":1001");
    let changed = Checkpoint::from_line(&later).unwrap();
    assert_ne!(changed, checkpoint);
    let refused = changed.verify(&checkpoint.public_key());
    assert!(matches!(refused, Err(CheckpointError::BadSignature)));
}

#[test]
fn a_checkpoint_of_an_unknown_format_is_refused_by_name() {
    let checkpoint = Checkpoint::sign(1_000, &tree(&leaves(2)), None, &key());
    let newer = checkpoint.to_line().replace("checkpoint\":1", "checkpoint\":2");
    let refused = Checkpoint::from_line(&newer);
    assert!(matches!(refused, Err(CheckpointError::Format { found: 2 })));
}

#[test]
fn a_leaf_reads_back_from_its_line() {
    let log = LogName::new("研究 \"一\"", "casebook", "01\n02");
    let leaf = Leaf { log, head: Head { sequence: u64::MAX, hash: Hash::of(b"x") } };
    assert!(!leaf.to_line().contains('\n'));
    assert_eq!(Leaf::from_line(&leaf.to_line()).unwrap(), leaf);
    assert!(Leaf::from_line(r#"["S","casebook","1",1,"00"]"#).is_err());
}

#[test]
fn a_proof_reads_back_from_json() {
    let proof = prove(&leaves(9), 4).unwrap();
    let text = serde_json::to_string(&proof).unwrap();
    assert_eq!(serde_json::from_str::<Proof>(&text).unwrap(), proof);
}

#[test]
fn there_is_no_proof_for_a_log_that_is_not_there() {
    assert!(prove(&leaves(3), 3).is_none());
    assert!(prove(&[], 0).is_none());
}

proptest! {
    #[test]
    fn a_proof_verifies_for_its_leaf_and_for_no_other(count in 1..70_usize, at: Index, other: Index) {
        let leaves = leaves(count);
        let checkpoint = Checkpoint::sign(1, &tree(&leaves), None, &key());
        let (at, other) = (at.index(count), other.index(count));
        let proof = prove(&leaves, at).unwrap();
        prop_assert!(checkpoint.includes(&leaves[at], &proof));
        prop_assert_eq!(checkpoint.includes(&leaves[other], &proof), at == other);
        let mut shifted = leaves[at].clone();
        shifted.head.sequence += 1;
        prop_assert!(!checkpoint.includes(&shifted, &proof));
    }

    #[test]
    fn a_damaged_proof_does_not_verify(count in 2..70_usize, at: Index, step: Index, bit in 0..256_usize) {
        let leaves = leaves(count);
        let checkpoint = Checkpoint::sign(1, &tree(&leaves), None, &key());
        let at = at.index(count);
        let proof = prove(&leaves, at).unwrap();
        let mut flipped = proof.clone();
        flipped.path[step.index(proof.path.len())].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!checkpoint.includes(&leaves[at], &flipped));
        let mut shorter = proof.clone();
        shorter.path.pop();
        prop_assert!(!checkpoint.includes(&leaves[at], &shorter));
        let mut longer = proof.clone();
        longer.path.push(Hash::default());
        prop_assert!(!checkpoint.includes(&leaves[at], &longer));
    }

    #[test]
    fn any_other_state_of_the_logs_has_another_root(count in 1..40_usize, at: Index) {
        let whole = leaves(count);
        let mut shorter = whole.clone();
        shorter.remove(at.index(count));
        prop_assert_ne!(tree(&whole).root(), tree(&shorter).root());
    }
}
