//! The server's own pages in English and Simplified Chinese. Reports are translated by
//! `agoge-report`.

use crate::guard::cookie_value;
use agoge::report::Language;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::convert::Infallible;
use std::fmt::Write;

/// The reader of a page: language, and which address of this server was requested.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageReader {
    pub(crate) language: Language,
    /// Path and query of the request; empty where a page is shared between readers.
    pub(crate) path_and_query: String,
}

impl PageReader {
    /// Translates a text into the reader's language. A text missing from the table stays English; a
    /// test finds those.
    pub(crate) fn say(&self, text: &'static str) -> &'static str {
        match self.language {
            Language::English => text,
            Language::Chinese => TRANSLATIONS
                .iter()
                .find(|(english, _)| *english == text)
                .map_or(text, |(_, chinese)| *chinese),
        }
    }

    /// The language's code in HTML.
    pub(crate) fn language_code(&self) -> &'static str {
        match self.language {
            Language::English => "en",
            Language::Chinese => "zh-Hans",
        }
    }

    /// Whether a program made the request and wants no page.
    pub(crate) fn is_program(&self) -> bool {
        self.path_and_query.starts_with("/api/")
    }

    /// Link to the same page in the other language: URL, language code and name; none where the
    /// address is unknown.
    pub(crate) fn other_language(&self) -> Option<(String, &'static str, &'static str)> {
        let (to, code, name) = match self.language {
            Language::English => ("zh", "zh-Hans", "中文"),
            Language::Chinese => ("en", "en", "English"),
        };
        let mut back = String::new();
        for byte in self.path_and_query.bytes() {
            match byte {
                b'/' | b'-' | b'.' | b'_' => back.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => back.push(char::from(byte)),
                _ => _ = write!(back, "%{byte:02X}"),
            }
        }
        (!back.is_empty()).then(|| (format!("/language?to={to}&back={back}"), code, name))
    }

    /// The translation table for scripts, as JSON that is safe inside a script element; none in
    /// English, the scripts' own language.
    pub(crate) fn script_table(&self) -> Option<String> {
        if self.language == Language::English {
            return None;
        }
        let all: serde_json::Map<String, serde_json::Value> = TRANSLATIONS
            .iter()
            .map(|(english, chinese)| ((*english).to_owned(), (*chinese).into()))
            .collect();
        Some(serde_json::Value::from(all).to_string().replace('<', "\\u003c"))
    }
}

/// The language of the cookie, or else the one of the two that the browser prefers.
fn preferred_language(headers: &HeaderMap) -> Language {
    let accepts = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut known =
        cookie_value(headers, "lang").into_iter().chain(accepts.split(',').map(str::trim));
    let first = known.find(|tag| tag.starts_with("zh") || tag.starts_with("en"));
    if first.is_some_and(|tag| tag.starts_with("zh")) {
        Language::Chinese
    } else {
        Language::English
    }
}

impl<S: Sync> FromRequestParts<S> for PageReader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<PageReader, Infallible> {
        let here = parts.uri.path_and_query().map_or(String::new(), ToString::to_string);
        Ok(PageReader { language: preferred_language(&parts.headers), path_and_query: here })
    }
}

/// Query parameters: the language, and where to return to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageChoice {
    to: String,
    back: String,
}

/// `/language`: stores the choice in a cookie and leads back.
pub(crate) async fn choose_language(Query(choice): Query<LanguageChoice>) -> Response {
    let to = if choice.to == "zh" { "zh" } else { "en" };
    // Redirects only within this server.
    let is_path = choice.back.starts_with('/')
        && !choice.back.starts_with("//")
        && choice.back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let back = if is_path { choice.back } else { "/".to_owned() };
    let cookie = format!("lang={to}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly");
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, back)])
        .into_response()
}

/// Every text of the pages and their scripts, in English and in Chinese.
const TRANSLATIONS: &[(&str, &str)] = &[
    ("To the content", "跳到正文"),
    ("Site", "网站"),
    ("Analyse", "分析"),
    ("Live", "实时"),
    ("Athletes", "运动员"),
    ("Models", "模型"),
    ("Too many wrong tokens: wait a minute.", "错误的令牌太多：请稍等一分钟。"),
    ("This is not the token.", "令牌不正确。"),
    ("Judge", "评判"),
    ("Judge repetitions", "评判动作次"),
    (
        "What you say of repetitions teaches a model of your own. Who moves and what the program found are not shown, so that nothing sways you.",
        "您的评判可以用来训练您自己的模型。这里不显示是谁在做，也不显示程序的结果，以免影响您的判断。",
    ),
    (
        "Nothing is here to be judged yet: choose an athlete when you upload a recording.",
        "还没有可评判的内容：上传录像时请选择运动员。",
    ),
    ("How", "方式"),
    (" One by one", " 逐个评判"),
    (" Which of two is better", " 两个中哪个更好"),
    ("Moving stick figure of a repetition", "一次动作的活动骨架图"),
    ("Moving stick figure of the other repetition", "另一次动作的活动骨架图"),
    ("Oblique", "斜前方"),
    ("Correct", "正确"),
    ("Not correct", "不正确"),
    ("Skip", "跳过"),
    ("Back", "返回"),
    ("Left is better", "左边更好"),
    ("Both alike", "一样好"),
    ("Right is better", "右边更好"),
    (
        "`agoge label export DIR` writes what was said as a set to learn from; `agoge adapt` makes a model of it.",
        "`agoge label export DIR` 把评判写成可供学习的数据集；`agoge adapt` 用它训练模型。",
    ),
    ("There are no two repetitions left to compare.", "没有可比较的两次动作了。"),
    ("Everything here is judged.", "这里的动作都已评判。"),
    ("{n} comparisons so far.", "已比较 {n} 对。"),
    ("{n} of {all} judged.", "已评判 {n}/{all}。"),
    (
        "The server does not answer as it should; what you said last was not stored.",
        "服务器没有正常回应；您最后的评判没有保存。",
    ),
    ("Everything stays on this machine.", "一切都留在本机。"),
    ("There is nothing here", "这里没有内容"),
    ("The pages are named above.", "各页面见上方。"),
    ("This recording cannot be analysed as it was", "该录像无法按原来的方式分析"),
    ("No library", "没有资料库"),
    (
        "Start the server with --library DIR to keep athletes and their analyses.",
        "请用 --library DIR 启动服务器，以保存运动员及其分析。",
    ),
    ("Not in the library", "资料库中没有"),
    ("It may have been deleted.", "可能已被删除。"),
    ("That report is no longer kept", "该报告已不再保留"),
    (
        "Only the newest are kept in memory. Upload the recording again, for an athlete to keep it.",
        "内存中只保留最新的报告。请重新上传录像，并选择运动员以便保存。",
    ),
    ("Analyse a movement", "分析一个动作"),
    (
        "A recording or video of a movement in; what to change first out.",
        "放入动作的录像或数据，得到最该先改的地方。",
    ),
    ("Movement", "动作"),
    ("Recognise it", "自动识别"),
    ("Athlete", "运动员"),
    ("Do not store", "不保存"),
    (
        "Height and mass, for metres and for moments in the joints",
        "身高和体重，用于以米为单位和计算关节力矩",
    ),
    ("Height, m", "身高（米）"),
    ("Mass, kg", "体重（千克）"),
    ("Sex, for the masses of segments", "性别（用于体段质量）"),
    ("not given", "未填写"),
    ("female", "女"),
    ("male", "男"),
    ("Choose a file", "选择文件"),
    (" or drop it here", "，或拖放到这里"),
    ("Videos (MP4) and pose files: ", "视频（MP4）和姿态文件："),
    ("Upload", "上传"),
    ("Just analysed", "刚刚分析过"),
    ("Start the camera", "打开摄像头"),
    ("Wear this device", "佩戴本设备"),
    ("This device gives no sensor to this page.", "本设备不向此页面提供传感器。"),
    ("Stand still for a second, then begin.", "先静止一秒，然后开始。"),
    ("Show a simulated athlete", "显示模拟运动员"),
    ("Stop", "停止"),
    (" Speak the cues", " 朗读提示"),
    ("The camera needs the pose network: run ", "摄像头需要姿态网络：请先运行一次 "),
    (
        " once. Skeletons of other devices and the simulated athlete work without it.",
        "。其他设备的骨架和模拟运动员不需要它。",
    ),
    ("Simulated.", "模拟。"),
    (
        " No athlete stands here: this movement comes from Agoge's simulator.",
        "这里没有真人：该动作来自 Agoge 的模拟器。",
    ),
    ("Stick figure of the athlete", "运动员的火柴人"),
    ("Repetitions", "次数"),
    ("no attempts", "没有未完成的尝试"),
    ("Cue", "提示"),
    ("Now", "当前"),
    ("Frame to event", "从画面到事件"),
    ("New athlete", "新运动员"),
    ("Add", "添加"),
    ("Nobody is here yet.", "还没有人。"),
    ("Recordings", "录像"),
    ("Analyses", "分析"),
    ("Last", "最近"),
    ("Score", "评分"),
    ("To change first", "优先改进"),
    (" sessions · ", " 次训练 · "),
    (" recordings · ", " 个录像 · "),
    (" analyses", " 个分析"),
    ("Load and injury", "负荷与伤病"),
    ("Plan", "计划"),
    ("Development", "发展"),
    (
        "None yet: choose this athlete when you upload a recording.",
        "还没有：上传录像时请选择这位运动员。",
    ),
    ("Day", "日期"),
    ("Compare", "比较"),
    ("Compare two recordings", "比较两个录像"),
    (
        "Choose the first recording on an athlete’s page: every analysis there can be compared with another of the same movement.",
        "请在运动员页面选择第一个录像：那里的每个分析都可以与同一动作的另一个分析比较。",
    ),
    ("There is no other analysis of this movement yet.", "该动作还没有其他分析。"),
    ("Compare with:", "比较对象："),
    (" repetitions", " 次"),
    (" · score ", " · 评分 "),
    ("Only recordings of one movement can be compared.", "只能比较同一动作的录像。"),
    ("Choose another to compare with", "选择另一个比较对象"),
    (": two recordings", "：两个录像"),
    ("Both movements", "两个动作"),
    ("Play", "播放"),
    ("Pause", "暂停"),
    ("Time within the repetition", "动作内的时间"),
    ("Speed ", "速度 "),
    ("Front", "正面"),
    ("Side", "侧面"),
    ("Curve", "曲线"),
    ("Solid: the first. Dashed: the second.", "实线：第一个。虚线：第二个。"),
    ("The chosen curve of both repetitions above each other", "两次动作所选曲线的叠加"),
    ("left", "左"),
    ("right", "右"),
    ("midline", "中线"),
    ("First", "第一个"),
    ("Second", "第二个"),
    ("Moving stick figure", "活动的火柴人"),
    ("Repetition", "第几次"),
    ("No workout with a load is in the library yet.", "资料库中还没有带负荷的训练。"),
    (
        "Bring in a diary (CSV) or workouts (FIT, TCX, GPX):",
        "请导入训练日记（CSV）或训练文件（FIT、TCX、GPX）：",
    ),
    (
        "Session RPE needs minutes and a rating of effort; docs/reference/load.md names the columns.",
        "主观负荷需要分钟数和用力评分；各列见 docs/reference/load.md。",
    ),
    ("Injuries", "伤病"),
    ("Pain", "疼痛"),
    (
        "The newest plan was made by another version of Agoge and cannot be shown. Make it again:",
        "最新的计划由另一版本的 Agoge 制定，无法显示。请重新制定：",
    ),
    (
        "No plan is in the library yet. Write down free minutes and events (docs/reference/plan.md), then:",
        "资料库中还没有计划。请先写下可用时间和比赛（docs/reference/plan.md），然后运行：",
    ),
    (
        "This server asks for the token that it told when it was started.",
        "请输入服务器启动时显示的口令。",
    ),
    ("Token", "口令"),
    ("Enter", "进入"),
    ("No token is needed", "不需要口令"),
    ("This server is reached from its own machine only.", "此服务器只能从本机访问。"),
    (
        "To be spared your browser's warning next time, trust this certificate once, after comparing its fingerprint:",
        "若不想再看到浏览器的警告，请核对指纹后信任此证书一次：",
    ),
    ("this machine's certificate", "本机证书"),
    ("Models that come with Agoge", "Agoge 自带的模型"),
    ("Trained on", "训练数据"),
    ("Measured", "测量方法"),
    ("Limits", "局限"),
    ("Licence", "许可"),
    ("It knows", "它认识的动作"),
    ("Figures", "数值"),
    ("Figure", "项目"),
    ("Value", "值"),
    // Scripts.
    ("Uploading …", "正在上传 …"),
    ("Analysing …", "正在分析 …"),
    ("The upload broke off.", "上传中断。"),
    ("This did not work: ", "没有成功："),
    ("The connection broke off.", "连接中断。"),
    ("The camera cannot be used: ", "无法使用摄像头："),
    ("half below {a} ms, 99 of 100 below {b} ms", "一半低于 {a} 毫秒，百分之九十九低于 {b} 毫秒"),
    ("1 attempt", "1 次未完成的尝试"),
    ("{n} attempts", "{n} 次未完成的尝试"),
    ("completed", "完成"),
    ("attempted", "未完成"),
    ("interrupted", "中断"),
    ("rest", "休息"),
    ("One of the two has no complete repetition.", "其中一个没有完整的动作。"),
    (
        "{phase}: the first is {a} s into its repetition, the second {b} s.",
        "{phase}：第一个已进行 {a} 秒，第二个 {b} 秒。",
    ),
    ("repetition", "动作"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// The sources of everything that contains texts.
    const SOURCES: [&str; 15] = [
        include_str!("../assets/enter.js"),
        include_str!("pages/enter.rs"),
        include_str!("pages/label.rs"),
        include_str!("../assets/label.js"),
        include_str!("pages/models.rs"),
        include_str!("analyses.rs"),
        include_str!("pages/mod.rs"),
        include_str!("pages/athletes.rs"),
        include_str!("pages/compare.rs"),
        include_str!("pages/over_time.rs"),
        include_str!("pages/watch.rs"),
        include_str!("library.rs"),
        include_str!("../assets/upload.js"),
        include_str!("../assets/watch.js"),
        include_str!("../assets/compare.js"),
    ];

    #[test]
    fn whatever_is_said_has_a_translation() {
        for source in SOURCES {
            for rest in source.split("say(\"").skip(1) {
                let text = rest.split('"').next().unwrap();
                assert!(TRANSLATIONS.iter().any(|(english, _)| *english == text), "{text}");
            }
        }
        for (at, (english, chinese)) in TRANSLATIONS.iter().enumerate() {
            assert!(
                !TRANSLATIONS[..at].iter().any(|(other, _)| other == english),
                "twice: {english}"
            );
            let marks = |text: &str| text.matches('{').count();
            assert_eq!(marks(english), marks(chinese), "{english}");
            assert!(
                SOURCES.iter().any(|source| source.contains(english)),
                "nobody says: {english}"
            );
        }
    }

    #[test]
    fn the_cookie_holds_before_the_browser() {
        let chosen = |cookie: &'static str, accepts: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepts));
            preferred_language(&headers)
        };
        assert_eq!(chosen("", "zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(chosen("", "de-DE,en;q=0.5,zh;q=0.3"), Language::English);
        assert_eq!(chosen("a=b; lang=en", "zh-CN"), Language::English);
        assert_eq!(chosen("lang=zh", "en"), Language::Chinese);
        assert_eq!(chosen("lang=xx", ""), Language::English);
    }
}
