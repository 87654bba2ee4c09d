//! The inference network of the model crate is this encoder: to 1e-5 on every path.

use super::*;
use crate::parameters::collect_parameters;
use crate::train::{encoder_batch, encoder_batch_of_slots};
use agoge_engine::kernel::Isa;
use agoge_engine::runtime::Workspace;
use agoge_model::network::{HeadOutputs, InferenceNetwork};
use agoge_model::simulated::{simulated_motion, simulated_sensor};
use agoge_model::token::{ClipTokens, SENSOR_SLOT, SLOTS, visible_slots};
use agoge_motion::simulate::{Exercise, SimulatedSet};
use burn::tensor::activation::{sigmoid, softmax};

const SIZE: EncoderSize =
    EncoderSize { width: 24, heads: 2, blocks: 2, feed_forward: 48, movements: 5 };

fn seeded_encoder() -> Encoder {
    Encoder::seeded(&SIZE, &Device::flex(), 7)
}

/// Bodies alone, one with a part hidden; sensors alone; both in one.
fn sample_clips() -> [Vec<ClipTokens>; 3] {
    let motions =
        [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl].map(|exercise| {
            let mut motion =
                simulated_motion(&SimulatedSet { repetitions: 1, ..SimulatedSet::new(exercise) });
            let phase = exercise as u8 as f32;
            let sensor = simulated_sensor(motion.duration_s(), |t| {
                [(3.0 * t).sin(), 0.2 * phase, (t - phase).cos(), 0.5, (2.0 * t).cos(), -t]
            });
            motion.sensor = Some(sensor);
            motion
        });
    let mut bodies = motions.each_ref().map(|motion| motion.without_sensor().to_tokens());
    bodies[2].hidden[3] = true;
    let sensors = motions.each_ref().map(|motion| motion.without_body().to_tokens());
    [bodies.to_vec(), sensors.to_vec(), motions.map(|motion| motion.to_tokens()).to_vec()]
}

fn max_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The runtime agrees with Burn on every path, to 1e-5: for bodies, sensors, both, and a mixed
/// batch.
#[test]
fn the_network_is_the_encoder() {
    let trained = seeded_encoder();
    let values = collect_parameters(&trained);
    let [bodies, sensors, both] = sample_clips();
    let all = [bodies.clone(), sensors.clone(), both.clone()].concat();
    for (clips, slots) in
        [(bodies, 0..SENSOR_SLOT), (sensors, SENSOR_SLOT..SLOTS), (both, 0..SLOTS), (all, 0..SLOTS)]
    {
        assert_eq!(visible_slots(&clips), slots);
        let output = trained.predict_batch(encoder_batch(&clips, false, &Device::flex()));
        let rows =
            |tensor: burn::tensor::Tensor<2>| tensor.into_data().try_to_vec::<f32>().unwrap();
        let (movement, quality) =
            (rows(softmax(output.movement, 1)), rows(sigmoid(output.quality)));
        let embedding = rows(output.embedding);
        for isa in Isa::all_supported() {
            let network = InferenceNetwork::new(&values, &SIZE, isa);
            let embedded = network.embed_clips(&clips, &mut Workspace::new());
            assert!(
                max_difference(&embedded, &embedding) < 1e-5,
                "{}: {}",
                isa.name(),
                max_difference(&embedded, &embedding)
            );
            for (i, embedded) in embedded.chunks(48).enumerate() {
                let mut heads = HeadOutputs::default();
                network.apply_heads(embedded, &mut heads);
                assert!(max_difference(&heads.movement, &movement[5 * i..5 * i + 5]) < 1e-5);
                assert!(max_difference(&heads.quality, &quality[5 * i..5 * i + 5]) < 1e-5);
            }
        }
    }
}

/// Slots hidden in every clip of a batch are left out without changing the result.
#[test]
fn a_slot_that_is_hidden_everywhere_changes_nothing() {
    let trained = seeded_encoder();
    let network =
        InferenceNetwork::new(&collect_parameters(&trained), &SIZE, Isa::best_supported());
    let [bodies, sensors, both] = sample_clips();
    let without: Vec<ClipTokens> = both.iter().map(|clip| clip.clone().without_sensor()).collect();
    let mut hidden = both;
    hidden.iter_mut().for_each(|clip| clip.hidden[SENSOR_SLOT] = true);
    for clips in [bodies, sensors, without.clone(), hidden.clone()] {
        let few = network.embed_clips(&clips, &mut Workspace::new());
        let all = network.embed_slots(&clips, 0..SLOTS, &mut Workspace::new());
        assert!(max_difference(&few, &all) < 1e-5);
        let whole = encoder_batch_of_slots(&clips, 0..SLOTS, false, &Device::flex());
        let trained =
            trained.predict_batch(whole).embedding.into_data().try_to_vec::<f32>().unwrap();
        assert!(max_difference(&few, &trained) < 1e-5);
    }
    // A worn but hidden sensor is equivalent to none.
    assert_eq!(
        network.embed_clips(&without, &mut Workspace::new()),
        network.embed_clips(&hidden, &mut Workspace::new()),
    );
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let network =
        InferenceNetwork::new(&collect_parameters(&seeded_encoder()), &SIZE, Isa::best_supported());
    let clips = sample_clips().concat();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| network.embed_clips(&clips, &mut Workspace::new()))
    };
    let one = run(1);
    assert!(one == run(2) && one == run(3));
}
