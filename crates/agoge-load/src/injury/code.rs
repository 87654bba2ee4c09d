//! Body areas, tissues and onsets in the categories of the IOC consensus (Bahr et al. 2020), so
//! that logs can be pooled and compared.

use serde::{Deserialize, Serialize};

macro_rules! coded_enum {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $code:literal $label:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $(#[doc = $label] $variant,)* }

        impl $name {
            /// All categories, in the order of the consensus.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// Short code for files.
            pub fn code(self) -> &'static str {
                match self { $($name::$variant => $code,)* }
            }

            /// Human-readable name.
            pub fn label(self) -> &'static str {
                match self { $($name::$variant => $label,)* }
            }

            /// Finds a category by code or name, ignoring case.
            pub fn find(text: &str) -> Option<$name> {
                let text = text.trim();
                let matches = |known: &str| text.eq_ignore_ascii_case(known) || text.replace('_', " ").eq_ignore_ascii_case(known);
                $name::ALL.iter().copied().find(|category| matches(category.code()) || matches(category.label()))
            }
        }
    };
}

coded_enum! {
    /// Body area. The letters are the first of the OSIICS and SMDCS codes (Bahr et al. 2020).
    Area {
        Head "H" "head",
        Neck "N" "neck",
        Shoulder "S" "shoulder",
        UpperArm "U" "upper arm",
        Elbow "E" "elbow",
        Forearm "R" "forearm",
        Wrist "W" "wrist",
        Hand "P" "hand",
        Chest "C" "chest",
        ThoracicSpine "D" "thoracic spine",
        Lumbosacral "L" "lumbosacral",
        Abdomen "O" "abdomen",
        HipGroin "G" "hip/groin",
        Thigh "T" "thigh",
        Knee "K" "knee",
        LowerLeg "Q" "lower leg",
        Ankle "A" "ankle",
        Foot "F" "foot",
        Unspecified "Z" "unspecified",
    }
}

coded_enum! {
    /// Tissue (Bahr et al. 2020). The codes are our own short names; the consensus defines none.
    Tissue {
        MuscleTendon "muscle_tendon" "muscle/tendon",
        Nervous "nervous" "nervous",
        Bone "bone" "bone",
        Cartilage "cartilage" "cartilage/synovium/bursa",
        Ligament "ligament" "ligament/joint capsule",
        Skin "skin" "superficial tissues/skin",
        Vessels "vessels" "vessels",
        Organs "organs" "internal organs",
        Stump "stump" "stump",
        Unspecified "unspecified" "unspecified",
    }
}

coded_enum! {
    /// How the injury began (Bahr et al. 2020).
    Onset {
        Sudden "sudden" "acute, sudden onset",
        RepetitiveSudden "repetitive_sudden" "repetitive, sudden onset",
        RepetitiveGradual "repetitive_gradual" "repetitive, gradual onset",
        Unspecified "unspecified" "unspecified",
    }
}

coded_enum! {
    /// Side of the body.
    BodySide {
        Left "left" "left",
        Right "right" "right",
        Both "both" "both sides",
        Middle "middle" "midline",
        Unspecified "unspecified" "unspecified",
    }
}

impl Area {
    /// Finds the area that an everyday word such as `hamstring` or `achilles` refers to.
    ///
    /// ```
    /// use agoge_load::injury::Area;
    /// assert_eq!(Area::from_everyday_word("left hamstring"), Area::Thigh);
    /// assert_eq!(Area::find("K"), Some(Area::Knee));
    /// ```
    pub fn from_everyday_word(text: &str) -> Area {
        let text = text.to_lowercase();
        let words: [(&str, Area); 24] = [
            ("hamstring", Area::Thigh),
            ("quad", Area::Thigh),
            ("adductor", Area::HipGroin),
            ("groin", Area::HipGroin),
            ("hip", Area::HipGroin),
            ("calf", Area::LowerLeg),
            ("shin", Area::LowerLeg),
            ("tibia", Area::LowerLeg),
            ("achilles", Area::Ankle),
            ("back", Area::Lumbosacral),
            ("knee", Area::Knee),
            ("patella", Area::Knee),
            ("acl", Area::Knee),
            ("heel", Area::Foot),
            ("toe", Area::Foot),
            ("finger", Area::Hand),
            ("rib", Area::Chest),
            ("thigh", Area::Thigh),
            ("ankle", Area::Ankle),
            ("foot", Area::Foot),
            ("shoulder", Area::Shoulder),
            ("elbow", Area::Elbow),
            ("wrist", Area::Wrist),
            ("neck", Area::Neck),
        ];
        let matching = words.iter().find(|(word, _)| text.contains(word)).map(|(_, area)| *area);
        Area::find(&text).or(matching).unwrap_or(Area::Unspecified)
    }
}
