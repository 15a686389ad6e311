//! Dividing a node's rows between its children.

use rayon::prelude::*;

/// Rows a task divides.
const TASK: usize = 1 << 13;

/// Moves the rows that go left to the front, both sides in their old order, and returns how many they
/// are. `scratch` is as long as `rows`. The result does not depend on the number of threads.
pub(crate) fn stable(
    rows: &mut [u32],
    scratch: &mut [u32],
    goes_left: impl Fn(u32) -> bool + Sync,
) -> usize {
    if rayon::current_num_threads() == 1 || rows.len() <= 2 * TASK {
        let left = divide(rows, scratch, &goes_left);
        let right = rows.len() - left;
        rows[left..].copy_from_slice(&scratch[..right]);
        return left;
    }
    let lefts: Vec<usize> = rows
        .par_chunks_mut(TASK)
        .zip(scratch.par_chunks_mut(TASK))
        .map(|(rows, scratch)| divide(rows, scratch, &goes_left))
        .collect();
    let mut end = 0;
    for (task, &left) in lefts.iter().enumerate() {
        rows.copy_within(task * TASK..task * TASK + left, end);
        end += left;
    }
    let total = end;
    for (task, &left) in lefts.iter().enumerate() {
        let right = TASK.min(rows.len() - task * TASK) - left;
        rows[end..end + right].copy_from_slice(&scratch[task * TASK..task * TASK + right]);
        end += right;
    }
    total
}

/// Rows asked for their side at a time: asking alone, the processor waits for many of them together.
const ASKED: usize = 256;

/// Leaves the left rows at the front of `rows` and the right ones at the front of `scratch`. Both
/// are written for every row, and only one of the ends moves: nothing to mispredict.
fn divide(rows: &mut [u32], scratch: &mut [u32], goes_left: impl Fn(u32) -> bool) -> usize {
    let (mut left, mut right) = (0, 0);
    let mut goes = [0u8; ASKED];
    for from in (0..rows.len()).step_by(ASKED) {
        let to = (from + ASKED).min(rows.len());
        for (goes, &row) in goes.iter_mut().zip(&rows[from..to]) {
            *goes = u8::from(goes_left(row));
        }
        for (index, &goes) in (from..to).zip(&goes) {
            let row = rows[index];
            rows[left] = row;
            scratch[right] = row;
            left += usize::from(goes);
            right += usize::from(1 - goes);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_on_both_sides_whatever_the_threads() {
        let task = u32::try_from(TASK).unwrap();
        for n in [0, 1, 7, 2 * task + 1, 5 * task + 77] {
            let left = |row: u32| row.wrapping_mul(2_654_435_761) >> 30 != 0;
            let expected: Vec<u32> = (0..n)
                .filter(|&r| left(r))
                .chain((0..n).filter(|&r| !left(r)))
                .collect();
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .unwrap();
                let mut rows: Vec<u32> = (0..n).collect();
                let mut scratch = vec![0; rows.len()];
                let count = pool.install(|| stable(&mut rows, &mut scratch, left));
                assert_eq!(rows, expected);
                assert_eq!(count, (0..n).filter(|&r| left(r)).count());
            }
        }
    }
}
