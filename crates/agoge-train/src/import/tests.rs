use super::*;
use agoge_model::weights::WeightValues;
use safetensors::tensor::{Dtype, TensorView};

const SIZE: EncoderSize =
    EncoderSize { width: 8, heads: 2, blocks: 2, feed_forward: 12, movements: 2 };

/// The tensors of a randomly initialised encoder as PyTorch writes them (linear weights `[out,
/// in]`, separate queries, keys and values), and their map.
fn foreign_model() -> (Model, WeightValues, KeyMap) {
    let encoder = agoge_model::weights::seed_values(&SIZE, 3);
    let mut theirs = BTreeMap::new();
    let mut keys = BTreeMap::new();
    for (path, (shape, values)) in encoder.clone() {
        let made = |from: Vec<String>, transpose| {
            TensorSource::Made(ConcatenatedTensors { from, transpose })
        };
        match shape.as_slice() {
            [rows, columns] if path.ends_with("joined.weight") => {
                let third = columns / 3;
                let turned = transpose_values(&values, *rows, *columns);
                let names: Vec<String> =
                    ["q", "k", "v"].iter().map(|part| format!("their.{path}.{part}")).collect();
                for (name, part) in names.iter().zip(turned.chunks(third * rows)) {
                    theirs.insert(name.clone(), (vec![third, *rows], part.to_vec()));
                }
                keys.insert(path, made(names, true));
            }
            [rows, columns] if path.ends_with("weight") => {
                theirs.insert(
                    format!("their.{path}"),
                    (vec![*columns, *rows], transpose_values(&values, *rows, *columns)),
                );
                keys.insert(path.clone(), made(vec![format!("their.{path}")], true));
            }
            _ => {
                theirs.insert(format!("their.{path}"), (shape, values));
                keys.insert(path.clone(), TensorSource::Key(format!("their.{path}")));
            }
        }
    }
    // One pattern covers all blocks.
    for (path, source) in keys.clone() {
        if let (Some(rest), TensorSource::Key(key)) = (path.strip_prefix("blocks.0."), source) {
            keys.remove(&path);
            keys.remove(&format!("blocks.1.{rest}"));
            keys.insert(
                format!("blocks.{{i}}.{rest}"),
                TensorSource::Key(key.replace("blocks.0", "blocks.{i}")),
            );
        }
    }
    let EncoderSize { width, heads, blocks, feed_forward, .. } = SIZE;
    let movements = vec!["squat".to_owned(), "lunge".to_owned()];
    let card = ForeignCard { movements: movements.clone(), ..ForeignCard::default() };
    let map = KeyMap { size: ForeignSize { width, heads, blocks, feed_forward }, card, keys };
    let card = Card {
        name: "x".to_owned(),
        movements,
        sensor: true,
        protocol: "imported; not measured".to_owned(),
        ..Card::default()
    };
    (Model::new(encoder, SIZE, card, &[]), theirs, map)
}

fn encode_file(tensors: &WeightValues) -> Vec<u8> {
    let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, (shape, values))| {
            (name, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect())
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, data)| {
        (name.as_str(), TensorView::new(Dtype::F32, shape.to_vec(), data).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

#[test]
fn what_was_turned_and_split_comes_back_to_the_bit() {
    let (model, theirs, map) = foreign_model();
    let imported = import_model(&encode_file(&theirs), &map, "x").unwrap();
    assert!(imported.unused.is_empty());
    assert!(imported.model.to_bytes().unwrap() == model.to_bytes().unwrap());
}

#[test]
fn heads_may_be_missing_and_biases_filled() {
    let (_, mut theirs, mut map) = foreign_model();
    map.keys.retain(|path, _| !OPTIONAL.iter().any(|optional| path.starts_with(optional)));
    map.card.movements.clear();
    theirs.remove("their.input.bias");
    map.keys.insert("input.bias".to_owned(), TensorSource::Fill(ConstantFill { fill: 0.0 }));
    let imported = import_model(&encode_file(&theirs), &map, "x").unwrap();
    assert_eq!(imported.model.card().movements, ["any"]);
    assert_eq!(imported.unused.len(), 12, "{:?}", imported.unused);
    let again = Model::from_bytes(&imported.model.to_bytes().unwrap(), "x").unwrap();
    assert_eq!(again.size().movements, 1);
}

#[test]
fn what_does_not_fit_is_named() {
    let (_, theirs, map) = foreign_model();
    let message_of = |theirs: &WeightValues, map: &KeyMap| {
        import_model(&encode_file(theirs), map, "x").unwrap_err().to_string()
    };
    let refused = |change: &dyn Fn(&mut WeightValues, &mut KeyMap), words: &[&str]| {
        let (mut theirs, mut map) = (theirs.clone(), map.clone());
        change(&mut theirs, &mut map);
        let message = message_of(&theirs, &map);
        assert!(
            words.iter().all(|word| message.contains(word)) && message.contains("hint: "),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
    };
    refused(&|_, map| drop(map.keys.remove("norm.gamma")), &["norm.gamma", "no key"]);
    refused(&|theirs, _| drop(theirs.remove("their.parts")), &["parts", "their.parts is missing"]);
    refused(
        &|_, map| {
            drop(map.keys.insert(
                "input.weight".to_owned(),
                TensorSource::Key("their.input.weight".to_owned()),
            ))
        },
        &["input.weight", "does not fit"],
    );
    refused(
        &|_, map| {
            drop(
                map.keys.insert(
                    "blocks.7.x".to_owned(),
                    TensorSource::Fill(ConstantFill { fill: 0.0 }),
                ),
            )
        },
        &["no parameter blocks.7.x"],
    );
    refused(
        &|theirs, _| theirs.get_mut("their.parts").unwrap().1[3] = f32::NAN,
        &["their.parts", "not a number"],
    );
    refused(&|_, map| map.size.width = 9, &["sizes that no encoder has"]);
    refused(&|_, map| map.size.width = usize::MAX, &["sizes that no encoder has"]);
    let bytes = encode_file(&theirs);
    for part in 0..16 {
        let message =
            import_model(&bytes[..bytes.len() * part / 16], &map, "x").unwrap_err().to_string();
        assert!(message.contains("not a whole safetensors file"), "{message}");
    }
    for pickle in [&b"PK\x03\x04rest of an archive"[..], b"\x80\x02}q\x00(X"] {
        let message = import_model(pickle, &map, "x").unwrap_err().to_string();
        assert!(message.contains("pickle") && message.contains("save_file"), "{message}");
    }
}
