use super::super::tests::{assert_same_gradients, random_values};
use super::*;
use burn::tensor::{Device, TensorData};

/// Every mask, alone and combined, on sizes that are not multiples of a tile.
#[test]
fn attention_and_its_gradients_are_those_of_plain_burn() {
    let device = Device::flex();
    for (sequences, heads, queries, keys, channels) in
        [(1, 1, 1, 1, 1), (2, 3, 5, 5, 4), (2, 2, 37, 150, 12), (1, 2, 70, 70, 34)]
    {
        let mut rng = fastrand::Rng::with_seed(7);
        // The first key is never hidden, so that plain Burn also has something to attend to.
        let hidden: Vec<bool> = (0..sequences * keys).map(|i| i % keys > 0 && rng.bool()).collect();
        let hidden =
            Tensor::<3, Bool>::from_data(TensorData::new(hidden, [sequences, keys, 1]), &device);
        let bias: Vec<f32> = (0..heads * queries * keys).map(|_| rng.f32()).collect();
        let bias =
            Tensor::<4>::from_data(TensorData::new(bias, [1, heads, queries, keys]), &device);
        let times = |n: usize| (0..sequences * n).map(|i| i as f32 * 0.033).collect::<Vec<_>>();
        let rotary = [queries, keys]
            .map(|n| RotaryAngles::from_times(&times(n), n, channels / 2, 20.0, 0.5));
        let sights = [
            AttentionOptions::default(),
            AttentionOptions {
                scale: Some(0.5),
                hidden: Some(hidden.clone()),
                ..AttentionOptions::default()
            },
            AttentionOptions { causal: true, ..AttentionOptions::default() },
            AttentionOptions { bias: Some(bias.clone()), ..AttentionOptions::default() },
            AttentionOptions { rotary: Some(rotary.clone()), ..AttentionOptions::default() },
            AttentionOptions {
                scale: None,
                hidden: Some(hidden),
                causal: true,
                bias: Some(bias),
                rotary: Some(rotary),
            },
        ];
        let inputs = [
            random_values(&[sequences, heads, queries, channels], 1, 1.0),
            random_values(&[sequences, heads, keys, channels], 2, 1.0),
            random_values(&[sequences, heads, keys, channels], 3, 1.0),
        ];
        for sight in sights {
            if channels < 2 && sight.rotary.is_some() {
                continue;
            }
            let shaped = |t: &[Tensor<1>]| {
                (
                    t[0].clone().reshape([sequences, heads, queries, channels]),
                    t[1].clone().reshape([sequences, heads, keys, channels]),
                    t[2].clone().reshape([sequences, heads, keys, channels]),
                )
            };
            let on = |t: &Tensor<1>| AttentionOptions {
                bias: sight.bias.clone().map(|b| b.to_device(&t.device())),
                ..sight.clone()
            };
            assert_same_gradients(
                &inputs,
                |t| {
                    let (q, k, v) = shaped(t);
                    dot_product_attention(q, k, v, &sight)
                },
                |t| {
                    let (q, k, v) = shaped(t);
                    let sight = on(&t[0]);
                    let hidden = sight.hidden.clone().map(|h| h.to_device(&t[0].device()));
                    burn_attention(q, k, v, &AttentionOptions { hidden, ..sight })
                },
            );
        }
    }
}

#[test]
fn self_attention_runs_along_the_second_dimension() {
    let (outer, tokens, inner, heads, channels) = (2, 9, 3, 2, 6);
    let all = heads * channels;
    let input = [random_values(&[outer, tokens, inner, 3 * all], 5, 1.0)];
    let device = Device::flex();
    let hidden: Vec<bool> = (0..outer * tokens * inner).map(|i| i >= inner && i % 5 == 2).collect();
    let hidden =
        Tensor::<3, Bool>::from_data(TensorData::new(hidden, [outer, tokens, inner]), &device);
    let times: Vec<f32> = (0..outer * tokens).map(|i| i as f32 * 0.1).collect();
    let rotary = RotaryAngles::from_times(&times, tokens, channels / 2, 10.0, 1.0);
    let sight = AttentionOptions {
        hidden: Some(hidden.clone()),
        rotary: Some([rotary.clone(), rotary.clone()]),
        ..AttentionOptions::default()
    };
    let shape = |t: &[Tensor<1>]| t[0].clone().reshape([outer, tokens, inner, 3 * all]);
    assert_same_gradients(
        &input,
        |t| self_attention(shape(t), heads, &sight),
        |t| {
            let part = |i: usize| {
                let part = shape(t).narrow(3, i * all, all).swap_dims(1, 2);
                part.reshape([outer * inner, tokens, heads, channels]).swap_dims(1, 2)
            };
            let hidden = hidden.clone().to_device(&t[0].device()).swap_dims(1, 2).reshape([
                outer * inner,
                tokens,
                1,
            ]);
            let rotary = rotary.repeat_sequences(outer, inner);
            let sight = AttentionOptions {
                hidden: Some(hidden),
                rotary: Some([rotary.clone(), rotary]),
                ..AttentionOptions::default()
            };
            let out = burn_attention(part(0), part(1), part(2), &sight);
            out.swap_dims(1, 2).reshape([outer, inner, tokens, all]).swap_dims(1, 2)
        },
    );
}

#[test]
fn a_query_that_sees_nothing_gets_zeros_and_gives_no_gradient() {
    let device = Device::flex().autodiff();
    let x = Tensor::<4>::ones([1, 1, 3, 4], &device).require_grad();
    let hidden = Tensor::<3, Bool>::from_data(TensorData::new(vec![true; 3], [1, 3, 1]), &device);
    let sight = AttentionOptions { hidden: Some(hidden), ..AttentionOptions::default() };
    let out = dot_product_attention(x.clone(), x.clone(), x.clone(), &sight);
    assert_eq!(out.clone().into_data().try_to_vec::<f32>().unwrap(), vec![0.0; 12]);
    let gradient = x.grad(&out.sum().backward()).unwrap();
    assert_eq!(gradient.into_data().try_to_vec::<f32>().unwrap(), vec![0.0; 12]);
}
