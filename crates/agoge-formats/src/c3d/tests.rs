//! Tests on small C3D files built byte by byte, in all number encodings.

use super::*;

/// The number encoding of the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NumberEncoding {
    IntelFloat,
    IntelInteger,
    Dec,
    Mips,
}

impl NumberEncoding {
    fn encode_word(self, value: u16) -> [u8; 2] {
        if self == NumberEncoding::Mips { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn encode_float(self, value: f32) -> [u8; 4] {
        match self {
            NumberEncoding::Mips => value.to_be_bytes(),
            NumberEncoding::Dec => {
                let [a, b, c, d] = (value * 4.0).to_le_bytes();
                [c, d, a, b]
            }
            _ => value.to_le_bytes(),
        }
    }
}

/// Two points (the second missing in the first frame), two frames, one analog channel at twice the
/// rate.
pub(crate) fn c3d_file(kind: NumberEncoding) -> Vec<u8> {
    let is_integer = kind == NumberEncoding::IntelInteger;
    let scale: f32 = if is_integer { 0.5 } else { -1.0 };
    let mut bytes = vec![2u8, 0x50];
    for word in [2u16, 2, 1, 2, 0] {
        bytes.extend(kind.encode_word(word));
    }
    bytes.extend(kind.encode_float(scale));
    bytes.extend(kind.encode_word(3));
    bytes.extend(kind.encode_word(2));
    bytes.extend(kind.encode_float(50.0));
    bytes.resize(BLOCK_BYTES, 0);

    bytes.extend([
        1,
        0x50,
        1,
        match kind {
            NumberEncoding::IntelFloat | NumberEncoding::IntelInteger => 84,
            NumberEncoding::Dec => 85,
            NumberEncoding::Mips => 86,
        },
    ]);
    let mut entry = |id: i8, name: &str, rest: &[u8]| {
        bytes.extend([name.len() as u8, id as u8]);
        bytes.extend(name.as_bytes());
        bytes.extend(kind.encode_word(rest.len() as u16 + 2));
        bytes.extend(rest);
    };
    let text = |values: &[&str]| {
        let width = values.iter().map(|v| v.len()).max().unwrap();
        let mut rest = vec![0xff, 2, width as u8, values.len() as u8];
        values.iter().for_each(|v| rest.extend(format!("{v:width$}").bytes()));
        rest.push(0);
        rest
    };
    entry(-1, "POINT", &[0]);
    entry(1, "LABELS", &text(&["LKNE"]));
    entry(1, "LABELS2", &text(&["RKNE"]));
    entry(1, "UNITS", &text(&["cm"]));
    entry(-2, "ANALOG", &[0]);
    entry(2, "LABELS", &text(&["Fz"]));
    entry(2, "UNITS", &text(&["N"]));
    entry(2, "GEN_SCALE", &[&[4, 0][..], &kind.encode_float(2.0), &[0]].concat());
    bytes.push(0);
    bytes.resize(2 * BLOCK_BYTES, 0);

    let mut number = |value: f32| match is_integer {
        true => bytes.extend(((value / scale) as i16).to_le_bytes()),
        false => bytes.extend(kind.encode_float(value)),
    };
    let residual = |missing: bool| if missing { if is_integer { -0.5 } else { -1.0 } } else { 0.0 };
    for frame in 0..2 {
        let f = frame as f32;
        let points =
            [10.0 + f, 20.0, 30.0, residual(false), 40.0, 50.0, 60.0, residual(frame == 0)];
        points.into_iter().chain([f, f + 0.5]).for_each(&mut number);
    }
    bytes
}

#[test]
fn all_forms_of_numbers_say_the_same() {
    let options = ReadOptions { up_axis: Some(UpAxis::Y), ..ReadOptions::default() };
    for kind in [
        NumberEncoding::IntelFloat,
        NumberEncoding::IntelInteger,
        NumberEncoding::Dec,
        NumberEncoding::Mips,
    ] {
        let recording = read_c3d(Path::new("x"), &c3d_file(kind), &options)
            .unwrap_or_else(|e| panic!("{kind:?}: {e}"));
        assert_eq!(recording.time, [0.0, 0.02]);
        assert_eq!(recording.skeleton.joints[1].name, "RKNE", "from LABELS2");
        assert_eq!(recording.position_at(1, 0), [0.11, 0.2, 0.3]);
        assert!(
            !recording.is_seen(0, 1) && recording.is_seen(1, 1),
            "a negative residual is missing"
        );
        let Channel { name, unit, rate_hz, values, .. } = &recording.channels[0];
        assert_eq!((name.as_str(), unit.as_str(), *rate_hz), ("Fz", "N", 100.0));
        let raw = if kind == NumberEncoding::IntelInteger { 2.0 } else { 1.0 };
        assert_eq!(*values, [0.0, 0.5, 1.0, 1.5].map(|v| v * 2.0 * raw));
    }
}

#[test]
fn hostile_lengths_are_refused() {
    let damaged = |places: &[usize]| {
        let mut bytes = c3d_file(NumberEncoding::IntelFloat);
        places.iter().for_each(|&at| bytes[at] = 0xff);
        read_c3d(Path::new("x"), &bytes, &ReadOptions::default())
    };
    let cut = damaged(&[8]).unwrap_err().to_string();
    assert!(cut.starts_with("the file ends after 2 of 255 frames at byte "), "{cut}");
    // 65 282 points in a frame, data in block 255, parameters in block 255, an array of 255 × 255
    // labels.
    for places in [&[3][..], &[16], &[0], &[BLOCK_BYTES + 26, BLOCK_BYTES + 27]] {
        let error = damaged(places).map(|r| r.frame_count()).unwrap_err().to_string();
        assert!(error.contains("; hint: "), "{error}");
    }
}
