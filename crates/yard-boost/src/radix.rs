//! Sorting many values by their bits.

/// Bits of a pass: three passes go through all 32, and a pass's 2,048 counts stay in the first-level
/// cache.
const BITS: u32 = 11;

/// Below this a comparing sort is done before the counts are.
const FEW: usize = 4096;

/// Sorts numbers, none of them NaN, in ascending order; -0 stands before +0.
pub(crate) fn sort(values: &mut [f32]) {
    if values.len() < FEW {
        values.sort_unstable_by(f32::total_cmp);
        return;
    }
    let mut keys: Vec<u32> = values.iter().map(|&value| key(value)).collect();
    let mut others = vec![0; keys.len()];
    let digit = |key: u32, pass: u32| (key >> (pass * BITS)) as usize & ((1 << BITS) - 1);
    let mut counts = vec![[0_u32; 1 << BITS]; 3];
    for &key in &keys {
        for (pass, counts) in (0..).zip(&mut counts) {
            counts[digit(key, pass)] += 1;
        }
    }
    for (pass, places) in (0..).zip(&mut counts) {
        let mut before = 0;
        for place in places.iter_mut() {
            before += std::mem::replace(place, before);
        }
        for &key in &keys {
            let place = &mut places[digit(key, pass)];
            others[*place as usize] = key;
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut others);
    }
    for (value, &key) in values.iter_mut().zip(&keys) {
        *value = value_of(key);
    }
}

/// A whole number that is larger where the value is: the sign turned, and of negative values all bits.
fn key(value: f32) -> u32 {
    let bits = value.to_bits();
    bits ^ (((bits.cast_signed() >> 31).cast_unsigned()) | 1 << 31)
}

fn value_of(key: u32) -> f32 {
    let negative = (!key).cast_signed() >> 31;
    f32::from_bits(key ^ (negative.cast_unsigned() | 1 << 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_a_comparing_sort() {
        let wave = |i: u16| libm::sinf(f32::from(i)) * libm::exp2f(f32::from(i % 120) - 60.0);
        let mut values: Vec<f32> = (0..10_000u16).map(wave).collect();
        values.extend([
            0.0,
            -0.0,
            f32::MAX,
            f32::MIN,
            f32::MIN_POSITIVE,
            1e-45,
            -1e-45,
        ]);
        let mut expected = values.clone();
        expected.sort_unstable_by(f32::total_cmp);
        sort(&mut values);
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&values), bits(&expected));
    }
}
