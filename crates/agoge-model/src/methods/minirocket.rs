//! MiniRocket (Dempster, Schmidt & Webb 2021) for several channels: turns time series into features
//! by fixed kernels of two weights at several dilations. Each feature is the share of instants at
//! which a convolution exceeds a bias; the biases are quantiles of the convolutions of randomly
//! drawn training examples.

use super::series::MotionSeries;
use fastrand::Rng;
use rayon::prelude::*;

/// Weights per kernel: six are −1, three (the taps) are 2.
const WEIGHTS: usize = 9;
/// Number of kernels: the ways to choose three taps out of nine.
pub const KERNELS: usize = 84;
/// Maximum numbers of dilations per kernel and of channels per convolution.
const MOST_DILATIONS: usize = 32;
const MOST_CHANNELS: usize = 9;

/// The fitted transform.
#[derive(Clone, Debug, PartialEq)]
pub struct MiniRocket {
    convolutions: Vec<RocketConvolution>,
}

/// A kernel with a dilation, applied to the sum of some channels.
#[derive(Clone, Debug, PartialEq)]
struct RocketConvolution {
    taps: [usize; 3],
    dilation: usize,
    channels: Vec<usize>,
    /// Whether instants closer to the ends than half the kernel count as well; samples beyond the
    /// ends are zero.
    padded: bool,
    biases: Vec<f32>,
}

impl MiniRocket {
    /// Fits about `features` features (a multiple of 84, at least 84) to examples of one shape;
    /// `None` without examples or for fewer than nine samples.
    pub fn fit(examples: &[MotionSeries], features: usize, rng: &mut Rng) -> Option<MiniRocket> {
        let (length, channels) = (examples.first()?.length, examples.first()?.channels().len());
        if length < WEIGHTS || channels == 0 {
            return None;
        }
        let golden = 0.5 * (5f64.sqrt() + 1.0);
        let mut convolutions = Vec::new();
        let mut count = 0;
        for (place, (dilation, biases)) in
            spread_dilations(length, features).into_iter().enumerate()
        {
            for (kernel, taps) in kernel_taps().into_iter().enumerate() {
                let most = channels.min(MOST_CHANNELS);
                let some = ((most as f64 + 1.0).powf(rng.f64()) as usize).clamp(1, most);
                let mut chosen = rng.choose_multiple(0..channels, some);
                chosen.sort_unstable();
                let padded = (place + kernel) % 2 == 0;
                let mut convolution = RocketConvolution {
                    taps,
                    dilation,
                    channels: chosen,
                    padded,
                    biases: Vec::new(),
                };
                let mut values = Vec::new();
                convolution.convolve_series(
                    &examples[rng.usize(..examples.len())],
                    &mut Vec::new(),
                    &mut values,
                );
                values.sort_by(f32::total_cmp);
                let quantiles = (count + 1..=count + biases).map(|i| (i as f64 * golden).fract());
                convolution.biases =
                    quantiles.map(|share| interpolate_quantile(&values, share)).collect();
                count += biases;
                convolutions.push(convolution);
            }
        }
        Some(MiniRocket { convolutions })
    }

    /// The random choices of the transform: the channels of each convolution as 0 and 1,
    /// `[convolution, channel]`, and the biases of all, `[feature]`. Together with the length of
    /// the series they determine it.
    pub fn random_choices(&self, channels: usize) -> (Vec<u8>, Vec<f32>) {
        let mut mask = vec![0; self.convolutions.len() * channels];
        for (row, convolution) in mask.chunks_mut(channels).zip(&self.convolutions) {
            convolution.channels.iter().for_each(|&channel| row[channel] = 1);
        }
        (
            mask,
            self.convolutions.iter().flat_map(|convolution| convolution.biases.clone()).collect(),
        )
    }

    /// The transform with these choices, as [`MiniRocket::random_choices`] gives them; `None` if
    /// they fit no transform of series of this length.
    pub fn from_choices(
        length: usize,
        channels: usize,
        mask: &[u8],
        biases: &[f32],
    ) -> Option<MiniRocket> {
        if length < WEIGHTS
            || channels == 0
            || biases.is_empty()
            || !biases.len().is_multiple_of(KERNELS)
        {
            return None;
        }
        let mut rows = mask.chunks(channels);
        let mut rest = biases;
        let mut convolutions = Vec::new();
        for (place, (dilation, count)) in
            spread_dilations(length, biases.len()).into_iter().enumerate()
        {
            for (kernel, taps) in kernel_taps().into_iter().enumerate() {
                let row = rows
                    .next()
                    .filter(|row| row.len() == channels && row.iter().all(|&bit| bit < 2))?;
                let channels = (0..channels).filter(|&channel| row[channel] == 1).collect();
                let (biases, others) = rest.split_at_checked(count)?;
                rest = others;
                let padded = (place + kernel) % 2 == 0;
                convolutions.push(RocketConvolution {
                    taps,
                    dilation,
                    channels,
                    padded,
                    biases: biases.to_vec(),
                });
            }
        }
        (rest.is_empty() && rows.next().is_none()).then_some(MiniRocket { convolutions })
    }

    /// Number of features per example.
    pub fn feature_count(&self) -> usize {
        self.convolutions.iter().map(|convolution| convolution.biases.len()).sum()
    }

    /// The features of examples, `[example, feature]`, each 0 to 1.
    pub fn transform_series(&self, examples: &[MotionSeries]) -> Vec<f32> {
        let features = self.feature_count();
        let mut out = vec![0.0; examples.len() * features];
        out.par_chunks_mut(features)
            .zip(examples)
            .for_each(|(out, example)| self.write_features(example, out));
        out
    }

    /// Computes the features of one example.
    fn write_features(&self, example: &MotionSeries, out: &mut [f32]) {
        let (mut sum, mut values) = (Vec::new(), Vec::new());
        let mut out = out.iter_mut();
        for convolution in &self.convolutions {
            convolution.convolve_series(example, &mut sum, &mut values);
            let margin = if convolution.padded { 0 } else { convolution.half_width() };
            let counted = &values[margin..values.len() - margin];
            for (bias, out) in convolution.biases.iter().zip(&mut out) {
                let above: u32 = counted.iter().map(|value| u32::from(value > bias)).sum();
                *out = above as f32 / counted.len() as f32;
            }
        }
    }
}

impl RocketConvolution {
    /// Samples from the kernel's middle to its end.
    fn half_width(&self) -> usize {
        WEIGHTS / 2 * self.dilation
    }

    /// Computes the convolution at every instant into `values`; `sum` is a scratch buffer. Every
    /// kernel is −1 everywhere plus 3 at the taps, so the channels are added first, then nine
    /// values once, and three of them three times.
    fn convolve_series(&self, example: &MotionSeries, sum: &mut Vec<f32>, values: &mut Vec<f32>) {
        let (length, margin) = (example.length, self.half_width());
        sum.clear();
        sum.resize(length + 2 * margin, 0.0);
        for &channel in &self.channels {
            for (sum, value) in sum[margin..].iter_mut().zip(example.channel(channel)) {
                *sum += value;
            }
        }
        let at = |weight: usize| &sum[weight * self.dilation..][..length];
        let [a, b, c] = self.taps.map(at);
        values.clear();
        values.extend((0..length).map(|t| 3.0 * (a[t] + b[t] + c[t])));
        for weight in 0..WEIGHTS {
            for (value, one) in values.iter_mut().zip(at(weight)) {
                *value -= one;
            }
        }
    }
}

/// The positions of the three taps of every kernel.
fn kernel_taps() -> Vec<[usize; 3]> {
    let above = |a: usize| a + 1..WEIGHTS;
    (0..WEIGHTS)
        .flat_map(|a| above(a).flat_map(move |b| above(b).map(move |c| [a, b, c])))
        .collect()
}

/// The dilations for a length, spaced exponentially up to the one at which a kernel covers it, and
/// the number of biases per kernel for each.
fn spread_dilations(length: usize, features: usize) -> Vec<(usize, usize)> {
    let per_kernel = (features / KERNELS).max(1);
    let count = per_kernel.min(MOST_DILATIONS);
    let most = ((length - 1) as f64 / (WEIGHTS - 1) as f64).log2();
    let mut dilations: Vec<(usize, usize)> = Vec::new();
    for i in 0..count {
        let dilation = (most * i as f64 / (count.max(2) - 1) as f64).exp2() as usize;
        match dilations.last_mut() {
            Some((last, times)) if *last == dilation => *times += 1,
            _ => dilations.push((dilation, 1)),
        }
    }
    for (_, times) in &mut dilations {
        *times = *times * per_kernel / count;
    }
    let missing = per_kernel - dilations.iter().map(|(_, times)| times).sum::<usize>();
    let different = dilations.len();
    (0..missing).for_each(|i| dilations[i % different].1 += 1);
    dilations
}

/// A quantile of sorted values, with linear interpolation.
fn interpolate_quantile(sorted: &[f32], share: f64) -> f32 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, part) = (place as usize, place.fract() as f32);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + part * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random_series(count: usize, channels: usize, length: usize) -> Vec<MotionSeries> {
        let mut rng = Rng::with_seed(5);
        (0..count)
            .map(|_| MotionSeries {
                length,
                values: (0..channels * length).map(|_| rng.f32() - 0.5).collect(),
            })
            .collect()
    }

    /// The definition: nine weights times the channels at their instants, in double precision, and
    /// the share above each bias.
    fn reference_features(rocket: &MiniRocket, example: &MotionSeries) -> Vec<f64> {
        let mut features = Vec::new();
        for RocketConvolution { taps, dilation, channels, padded, biases } in &rocket.convolutions {
            let value = |t: i64| -> f64 {
                (0..9i64)
                    .map(|j| {
                        let (weight, at) = (
                            if taps.contains(&(j as usize)) { 2.0 } else { -1.0 },
                            t + (j - 4) * *dilation as i64,
                        );
                        let inside = (0..example.length as i64).contains(&at);
                        let sum: f64 = channels
                            .iter()
                            .map(|&c| {
                                f64::from(
                                    example.values[c * example.length
                                        + at.max(0) as usize * usize::from(inside)],
                                )
                            })
                            .sum();
                        if inside { weight * sum } else { 0.0 }
                    })
                    .sum()
            };
            let margin = if *padded { 0 } else { 4 * *dilation as i64 };
            let values: Vec<f64> = (margin..example.length as i64 - margin).map(value).collect();
            features.extend(biases.iter().map(|bias| {
                values.iter().filter(|v| **v > f64::from(*bias)).count() as f64
                    / values.len() as f64
            }));
        }
        features
    }

    #[test]
    fn features_are_those_of_the_definition() {
        for (channels, length, features) in [(1, 9, 84), (3, 33, 500), (20, 64, 2000)] {
            let examples = random_series(4, channels, length);
            let rocket = MiniRocket::fit(&examples, features, &mut Rng::with_seed(1)).unwrap();
            assert_eq!(rocket.feature_count(), features / KERNELS * KERNELS);
            let fast = rocket.transform_series(&examples);
            let slow: Vec<f64> =
                examples.iter().flat_map(|example| reference_features(&rocket, example)).collect();
            assert_eq!(fast.len(), slow.len());
            // A bias may be a value of the convolution itself; rounding then decides about one
            // instant.
            let differing = fast
                .iter()
                .zip(&slow)
                .map(|(a, b)| (f64::from(*a) - b).abs())
                .filter(|differing| *differing > 1e-6);
            assert!(differing.count() * 100 < slow.len());
        }
    }

    /// The numbers of the authors' code for 10 000 features and 64 samples:
    /// `np.unique(np.logspace(0, np.log2(63 / 8), 32, base=2).astype(int), return_counts=True)`
    /// gives 1 to 7, with counts 11 6 4 3 3 2 3; these are multiplied by 119 / 32 and rounded down,
    /// and the rest is added one by one from the front.
    #[test]
    fn dilations_and_kernels_are_those_of_the_authors() {
        assert_eq!(kernel_taps().len(), KERNELS);
        assert_eq!((kernel_taps()[0], kernel_taps()[83]), ([0, 1, 2], [6, 7, 8]));
        let dilation_counts = spread_dilations(64, 10_000);
        assert_eq!(
            dilation_counts.iter().map(|(dilation, _)| *dilation).collect::<Vec<_>>(),
            [1, 2, 3, 4, 5, 6, 7]
        );
        assert_eq!(dilation_counts.iter().map(|(_, biases)| biases).sum::<usize>(), 119);
        assert_eq!(spread_dilations(9, 84), [(1, 1)]);
    }

    /// `np.quantile([1, 2, 4], [0, 0.25, 0.75, 1])`.
    #[test]
    fn quantiles_lie_between_values() {
        assert_eq!(
            [0.0, 0.25, 0.75, 1.0].map(|share| interpolate_quantile(&[1.0, 2.0, 4.0], share)),
            [1.0, 1.5, 3.0, 4.0]
        );
    }
}
