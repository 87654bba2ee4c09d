//! Operations with hand-written gradients, for training on a CPU: they need far fewer passes over
//! memory than plain Burn.
//!
//! [`linear_map`], [`linear_gelu`], [`layer_norm`], [`dot_product_attention`] and
//! [`self_attention`] take and return Burn tensors, on the autodiff graph or not, and run on the
//! calling thread. Training parallelises over the shards of a batch instead (see [`crate::train`]),
//! which needs no synchronisation while they run. On backends other than the CPU's each falls back
//! to Burn's own operations.

mod attention;
mod elementwise;
mod linear;
mod norm;
mod operation;
mod rotary;

pub use attention::{AttentionOptions, dot_product_attention, self_attention};
pub(crate) use attention::{attention_weights, split_heads};
pub use linear::{linear_gelu, linear_map};
pub use norm::layer_norm;
pub use rotary::RotaryAngles;

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};
    use fastrand::Rng;

    /// Random values between −`bound` and `bound`, as one row.
    pub(super) fn random_values(shape: &[usize], seed: u64, bound: f32) -> Vec<f32> {
        let mut rng = Rng::with_seed(seed);
        (0..shape.iter().product()).map(|_| (2.0 * rng.f32() - 1.0) * bound).collect()
    }

    /// Asserts that both functions of the inputs have the same result and the same gradients, to
    /// 1e-5 of the largest value (at least 1): they sum about a hundred products in different
    /// orders.
    pub(super) fn assert_same_gradients<const D: usize>(
        inputs: &[Vec<f32>],
        ours: impl Fn(&[Tensor<1>]) -> Tensor<D>,
        theirs: impl Fn(&[Tensor<1>]) -> Tensor<D>,
    ) {
        let device = Device::flex().autodiff();
        let values = |tensor: Tensor<1>| tensor.into_data().try_to_vec::<f32>().unwrap();
        let run = |function: &dyn Fn(&[Tensor<1>]) -> Tensor<D>| {
            let leaf = |v: &Vec<f32>| {
                Tensor::<1>::from_data(TensorData::new(v.clone(), [v.len()]), &device)
                    .require_grad()
            };
            let leaves: Vec<Tensor<1>> = inputs.iter().map(leaf).collect();
            let result = function(&leaves);
            let count = result.shape().num_elements();
            // A gradient that differs for each value of the result.
            let weight: Vec<f32> = random_values(&[count], 99, 1.0);
            let weight = Tensor::<1>::from_data(TensorData::new(weight, [count]), &device);
            let flat = result.reshape([count]);
            let gradients = (flat.clone() * weight).sum().backward();
            let mut all = vec![values(flat)];
            all.extend(leaves.iter().map(|leaf| values(leaf.grad(&gradients).unwrap())));
            all
        };
        for (i, (ours, theirs)) in run(&ours).iter().zip(&run(&theirs)).enumerate() {
            assert_eq!(ours.len(), theirs.len());
            let most = theirs.iter().fold(1.0f32, |most, v| most.max(v.abs()));
            for (a, b) in ours.iter().zip(theirs) {
                assert!((a - b).abs() <= 1e-5 * most, "output or gradient {i}: {a} is not {b}");
            }
        }
        // Without a graph the result is the same, to 1e-6, because GELU then uses another formula
        // and plain Burn another order.
        let plain = Device::flex();
        let constant =
            |v: &Vec<f32>| Tensor::<1>::from_data(TensorData::new(v.clone(), [v.len()]), &plain);
        let constants: Vec<Tensor<1>> = inputs.iter().map(constant).collect();
        let result = ours(&constants);
        let count = result.shape().num_elements();
        let alone = values(result.reshape([count]));
        assert!(
            alone.iter().zip(&run(&ours)[0]).all(|(a, b)| (a - b).abs() < 1e-6 * a.abs().max(1.0))
        );
    }
}
