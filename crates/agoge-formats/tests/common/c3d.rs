//! Writes C3D files for tests (Intel, floats): markers, analog channels, and any parameters, such
//! as those of a force plate.

/// A parameter's values with their dimensions, the first varying fastest.
pub(crate) enum Values {
    Texts(Vec<String>),
    Integers(Vec<u8>, Vec<i16>),
    Floats(Vec<u8>, Vec<f32>),
}

/// An analog channel: label, unit, samples.
pub(crate) struct Analog {
    pub(crate) label: String,
    pub(crate) unit: String,
    pub(crate) values: Vec<f32>,
}

/// The content of the file. Positions are in millimetres; NaN means a missing point.
pub(crate) struct File {
    pub(crate) rate_hz: f32,
    pub(crate) labels: Vec<String>,
    /// `[frame][point]`.
    pub(crate) points: Vec<Vec<[f64; 3]>>,
    /// All with the same whole number of samples per frame.
    pub(crate) analogs: Vec<Analog>,
    /// Further parameters: group, name and values; POINT and ANALOG are derived from the rest.
    pub(crate) parameters: Vec<(&'static str, &'static str, Values)>,
}

const BLOCK: usize = 512;

impl File {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let frames = self.points.len();
        let samples = self.analogs.first().map_or(0, |analog| analog.values.len() / frames.max(1));
        let parameters = self.section(frames, samples);
        let data = 2 + parameters.len() / BLOCK;
        let mut bytes = vec![2u8, 0x50];
        let words = [self.labels.len(), self.analogs.len() * samples, 1, frames, 0];
        words.iter().for_each(|word| bytes.extend((*word as u16).to_le_bytes()));
        bytes.extend((-1.0f32).to_le_bytes());
        bytes.extend((data as u16).to_le_bytes());
        bytes.extend((samples as u16).to_le_bytes());
        bytes.extend(self.rate_hz.to_le_bytes());
        bytes.resize(BLOCK, 0);
        bytes.extend(parameters);
        for (frame, points) in self.points.iter().enumerate() {
            for point in points {
                let residual = if point[0].is_nan() { -1.0f32 } else { 0.0 };
                let known = point.map(|v| if v.is_nan() { 0.0 } else { v as f32 });
                known.iter().chain([&residual]).for_each(|v| bytes.extend(v.to_le_bytes()));
            }
            for sample in frame * samples..(frame + 1) * samples {
                self.analogs
                    .iter()
                    .for_each(|analog| bytes.extend(analog.values[sample].to_le_bytes()));
            }
        }
        bytes
    }

    /// The parameter section, padded to whole blocks.
    fn section(&self, frames: usize, samples: usize) -> Vec<u8> {
        let texts = |of: Vec<String>| Values::Texts(of);
        let count = |of: usize| Values::Integers(vec![], vec![of as i16]);
        let (labels, units) =
            self.analogs.iter().map(|a| (a.label.clone(), a.unit.clone())).unzip();
        let ones = vec![1.0; self.analogs.len()];
        let point = "POINT";
        let analog = "ANALOG";
        let own = [
            (point, "USED", count(self.labels.len())),
            (point, "FRAMES", count(frames)),
            (point, "SCALE", Values::Floats(vec![], vec![-1.0])),
            (point, "RATE", Values::Floats(vec![], vec![self.rate_hz])),
            (point, "UNITS", texts(vec!["mm".to_owned()])),
            (point, "LABELS", texts(self.labels.clone())),
            (analog, "USED", count(self.analogs.len())),
            (analog, "RATE", Values::Floats(vec![], vec![self.rate_hz * samples as f32])),
            (analog, "GEN_SCALE", Values::Floats(vec![], vec![1.0])),
            (analog, "SCALE", Values::Floats(vec![ones.len() as u8], ones)),
            (
                analog,
                "OFFSET",
                Values::Integers(vec![self.analogs.len() as u8], vec![0; self.analogs.len()]),
            ),
            (analog, "LABELS", texts(labels)),
            (analog, "UNITS", texts(units)),
        ];
        let mut bytes = vec![1u8, 0x50, 0, 84];
        let mut groups: Vec<&str> = Vec::new();
        let all: Vec<_> = own.iter().chain(&self.parameters).collect();
        for (group, ..) in &all {
            if !groups.contains(group) {
                groups.push(group);
                entry(&mut bytes, -(groups.len() as i8), group, &[0]);
            }
        }
        for (group, name, values) in all {
            let id = 1 + groups.iter().position(|own| own == group).unwrap_or(0);
            entry(&mut bytes, id as i8, name, &encoded(values));
        }
        bytes.resize((bytes.len() + 2).div_ceil(BLOCK) * BLOCK, 0);
        bytes[2] = (bytes.len() / BLOCK) as u8;
        bytes
    }
}

fn entry(bytes: &mut Vec<u8>, id: i8, name: &str, rest: &[u8]) {
    bytes.extend([name.len() as u8, id as u8]);
    bytes.extend(name.as_bytes());
    bytes.extend((rest.len() as u16 + 2).to_le_bytes());
    bytes.extend(rest);
}

fn encoded(values: &Values) -> Vec<u8> {
    let head =
        |kind: i8, dimensions: &[u8]| [&[kind as u8, dimensions.len() as u8], dimensions].concat();
    let mut bytes = match values {
        Values::Texts(texts) => {
            let width = texts.iter().map(String::len).max().unwrap_or(0);
            let mut bytes = head(-1, &[width as u8, texts.len() as u8]);
            texts.iter().for_each(|text| bytes.extend(format!("{text:width$}").bytes()));
            bytes
        }
        Values::Integers(dimensions, own) => {
            own.iter().fold(head(2, dimensions), |mut bytes, v| {
                bytes.extend(v.to_le_bytes());
                bytes
            })
        }
        Values::Floats(dimensions, own) => own.iter().fold(head(4, dimensions), |mut bytes, v| {
            bytes.extend(v.to_le_bytes());
            bytes
        }),
    };
    bytes.push(0);
    bytes
}
