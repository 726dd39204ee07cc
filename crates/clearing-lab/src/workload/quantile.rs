//! Quantiles of the normal distribution, and draws that spread over them.

use super::draws::Draws;

/// The normal number below which this part of all lies, of a part above 0 and below 1 (Wichura,
/// Algorithm AS 241, PPND16: about sixteen digits).
pub(super) fn normal_quantile(part: f64) -> f64 {
    let middle = part - 0.5;
    if middle.abs() <= 0.425 {
        let rest = 0.180_625 - middle * middle;
        return middle * ratio(&CENTRE, rest);
    }
    let tail = libm::sqrt(-libm::log(part.min(1.0 - part)));
    let size = if tail <= 5.0 { ratio(&TAIL, tail - 1.6) } else { ratio(&FAR_TAIL, tail - 5.0) };
    if middle < 0.0 { -size } else { size }
}

/// A polynomial over another, each from its highest power down.
fn ratio([above, below]: &[[f64; 8]; 2], x: f64) -> f64 {
    let value = |powers: &[f64; 8]| powers.iter().fold(0.0, |sum, factor| sum * x + factor);
    value(above) / value(below)
}

const CENTRE: [[f64; 8]; 2] = [
    [
        2_509.080_928_730_122_7,
        33_430.575_583_588_13,
        67_265.770_927_008_7,
        45_921.953_931_549_87,
        13_731.693_765_509_46,
        1_971.590_950_306_551_3,
        133.141_667_891_784_38,
        3.387_132_872_796_366_5,
    ],
    [
        5_226.495_278_852_854,
        28_729.085_735_721_943,
        39_307.895_800_092_71,
        21_213.794_301_586_597,
        5_394.196_021_424_751,
        687.187_007_492_057_9,
        42.313_330_701_600_91,
        1.0,
    ],
];
const TAIL: [[f64; 8]; 2] = [
    [
        7.745_450_142_783_414e-4,
        2.272_384_498_926_918_4e-2,
        2.417_807_251_774_506e-1,
        1.270_458_252_452_368_4,
        3.647_848_324_763_204_5,
        5.769_497_221_460_691,
        4.630_337_846_156_546,
        1.423_437_110_749_683_5,
    ],
    [
        1.050_750_071_644_416_9e-9,
        5.475_938_084_995_345e-4,
        1.519_866_656_361_645_7e-2,
        1.481_039_764_274_800_8e-1,
        6.897_673_349_851e-1,
        1.676_384_830_183_803_8,
        2.053_191_626_637_759,
        1.0,
    ],
];
const FAR_TAIL: [[f64; 8]; 2] = [
    [
        2.010_334_399_292_288_1e-7,
        2.711_555_568_743_487_6e-5,
        1.242_660_947_388_078_4e-3,
        2.653_218_952_657_612_4e-2,
        2.965_605_718_285_048_7e-1,
        1.784_826_539_917_291_3,
        5.463_784_911_164_114,
        6.657_904_643_501_103,
    ],
    [
        2.044_263_103_389_939_8e-15,
        1.421_511_758_316_446e-7,
        1.846_318_317_510_054_8e-5,
        7.868_691_311_456_133e-4,
        1.487_536_129_085_061_5e-2,
        1.369_298_809_227_358e-1,
        5.998_322_065_558_879e-1,
        1.0,
    ],
];

/// Which stratum each of some draws has: each stratum once, in an order that follows from the seed of
/// the draws and their ids alone.
pub(super) fn strata(draws: &Draws, ids: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut order: Vec<_> =
        ids.enumerate().map(|(place, id)| (draws.of(id).below(0, u64::MAX), place)).collect();
    order.sort_unstable();
    let mut strata = vec![0; order.len()];
    for (stratum, (_, place)) in (0..).zip(order) {
        strata[place] = stratum;
    }
    strata
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        let known = [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.9, 1.281_551_565_544_600_4),
            (0.001, -3.090_232_306_167_813_5),
            (1e-12, -7.034_483_825_301_131),
        ];
        for (part, normal) in known {
            let found = normal_quantile(part);
            assert!((found - normal).abs() < 1e-12, "{part}: {found}");
        }
    }

    #[test]
    fn every_stratum_is_drawn_once_in_another_order_each_day() {
        let draws = Draws::new(1, "strata");
        let day = |day: u64| strata(&draws, (0..100).map(|index| day << 40 | index));
        for day in [day(0), day(1)] {
            let mut sorted = day.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..100).collect::<Vec<_>>());
            assert_ne!(sorted, day);
        }
        assert_ne!(day(0), day(1));
        assert_eq!(day(0), day(0));
    }
}
