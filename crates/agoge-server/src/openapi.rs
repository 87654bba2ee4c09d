//! The OpenAPI document, generated from the table of routes.

use crate::app::route_table;
use axum::Json;
use serde_json::{Value, json};

/// `/openapi.json`
pub(crate) async fn serve_openapi() -> Json<Value> {
    Json(build_document())
}

fn build_document() -> Value {
    let mut paths = serde_json::Map::new();
    for (method, path, summary) in route_table() {
        let mut parameters: Vec<Value> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| {
                let schema = match name {
                    "name" => json!({ "type": "string" }),
                    _ => json!({ "type": "integer", "format": "int64", "minimum": 1 }),
                };
                json!({ "name": name, "in": "path", "required": true, "schema": schema })
            })
            .collect();
        let query = |name: &str, kind: &str, required: bool| json!({ "name": name, "in": "query", "required": required, "schema": { "type": kind } });
        let mut operation = json!({ "summary": summary });
        match (*method, *path) {
            ("post", "/api/analyses") => {
                parameters.extend([
                    query("name", "string", true),
                    query("movement", "string", false),
                    query("height_m", "number", false),
                    query("mass_kg", "number", false),
                    json!({ "name": "sex", "in": "query", "required": false, "schema": { "type": "string", "enum": ["female", "male"] } }),
                    query("athlete", "integer", false),
                ]);
                operation["requestBody"] = json!({ "required": true, "content": { "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } } });
                operation["responses"] = response_map(&[
                    ("200", "Where the report is"),
                    ("413", "Too large"),
                    ("422", "Cannot be analysed"),
                ]);
            }
            ("post", "/api/athletes") => {
                operation["requestBody"] = json_body(
                    &["name"],
                    &json!({ "name": { "type": "string", "minLength": 1, "maxLength": 100 } }),
                );
                operation["responses"] = response_map(&[
                    ("200", "The athlete's number"),
                    ("404", "No library"),
                    ("415", "Not JSON"),
                    ("422", "Not a name"),
                ]);
            }
            ("post", "/api/library/analyses/{analysis}/borders") => {
                let seconds = json!({ "type": "array", "items": { "type": "number" } });
                operation["requestBody"] = json_body(
                    &["repetition", "at_s"],
                    &json!({ "repetition": { "type": "integer" }, "at_s": seconds }),
                );
                operation["responses"] = response_map(&[
                    ("200", "The label's number"),
                    ("404", "No library or no such analysis"),
                    ("415", "Not JSON"),
                    ("422", "Borders that cannot be"),
                ]);
            }
            (_, "/label" | "/api/label") if *method == "get" => {
                parameters.push(query("movement", "string", *path == "/api/label"));
                operation["responses"] = response_map(&[
                    ("200", "As the summary says"),
                    ("404", "No library"),
                    ("422", "A stored recording cannot be analysed"),
                ]);
            }
            ("post", "/api/label") => {
                let which = json!({
                    "type": "object", "required": ["analysis", "repetition"], "additionalProperties": false,
                    "properties": { "analysis": { "type": "integer" }, "repetition": { "type": "integer" } },
                });
                let kind = |name: &str, required: &[&str], mut properties: Value| {
                    properties["kind"] = json!({ "const": name });
                    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
                };
                let better = json!({ "enum": ["first", "second", "neither"] });
                let schema = json!({ "oneOf": [
                    kind("quality", &["kind", "of", "correct"], json!({ "of": which, "correct": { "type": "boolean" } })),
                    kind("pair", &["kind", "first", "second", "better"], json!({ "first": which, "second": which, "better": better })),
                ] });
                operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
                operation["responses"] = response_map(&[
                    ("200", "The label's number"),
                    ("404", "No library or no such analysis"),
                    ("415", "Not JSON"),
                    ("422", "What cannot be judged"),
                ]);
            }
            ("post", "/api/enter") => {
                operation["requestBody"] =
                    json_body(&["token"], &json!({ "token": { "type": "string" } }));
                operation["responses"] = response_map(&[
                    ("204", "The cookie is set"),
                    ("401", "Not the token"),
                    ("404", "No token is needed"),
                    ("415", "Not JSON"),
                    ("422", "No token"),
                ]);
            }
            ("get", "/enter" | "/certificate") => {
                operation["responses"] =
                    response_map(&[("200", "As the summary says"), ("404", "No token is needed")]);
            }
            ("get", "/api/athletes") => {
                parameters.push(query("search", "string", false));
                operation["responses"] =
                    response_map(&[("200", "Athletes"), ("404", "No library")]);
            }
            ("get", "/language") => {
                parameters.extend([query("to", "string", true), query("back", "string", true)]);
                operation["responses"] = response_map(&[("303", "The cookie is set")]);
            }
            ("get", "/compare") => {
                parameters
                    .extend([query("first", "integer", false), query("second", "integer", false)]);
                operation["responses"] = response_map(&[
                    ("200", "The page"),
                    ("404", "No library or no such analysis"),
                    ("422", "Two movements"),
                ]);
            }
            (_, path) if path.starts_with("/live") => {
                operation["responses"] = response_map(&[
                    ("101", "The socket is open"),
                    ("400", "Not a WebSocket"),
                    ("503", "All places are taken"),
                ]);
            }
            (_, path) if path.contains('{') => {
                operation["responses"] = response_map(&[("200", "Found"), ("404", "Not there")]);
                if path.contains("/library/") {
                    let what = "No such complete repetition, or the recording cannot be analysed as it was";
                    operation["responses"]["422"] = json!({ "description": what });
                }
            }
            (_, "/athletes") => {
                operation["responses"] = response_map(&[("200", "The page"), ("404", "No library")])
            }
            _ => operation["responses"] = response_map(&[("200", "As the summary says")]),
        }
        if !parameters.is_empty() || operation["requestBody"].is_object() {
            operation["responses"]["400"] = json!({ "description": "Not what this document says" });
        }
        if let Some(kind) = content_type(path) {
            let answers = operation["responses"].as_object_mut().into_iter().flatten();
            for (_, answer) in answers.filter(|(status, _)| *status != "204") {
                answer["content"] = json!({ kind: {} });
            }
        }
        operation["parameters"] = parameters.into();
        let entry = paths.entry((*path).to_owned()).or_insert_with(|| json!({}));
        entry[*method] = operation;
    }
    let always = "Below /api/ everything is JSON, a fault too: {\"error\": \"what is wrong; hint: what to do\"}. Every path may also answer 421 (another host), 403 (asked by another site's page) and 429 (too many requests). Reached from another machine every path but /enter, /api/enter, /certificate, /healthz and /assets asks for the token, as a cookie or as Authorization: Bearer, and answers 401 without it.";
    json!({ "openapi": "3.1.0", "info": { "title": "Agoge", "version": env!("CARGO_PKG_VERSION"), "description": always }, "paths": paths })
}

/// Content type of a path's responses where it is fixed: below `/api/` everything is JSON, errors
/// too.
fn content_type(path: &str) -> Option<&'static str> {
    path.starts_with("/api/").then_some("application/json")
}

/// A JSON request body with these properties and no others.
fn json_body(required: &[&str], properties: &Value) -> Value {
    let schema = json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false });
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

fn response_map(descriptions: &[(&str, &str)]) -> Value {
    descriptions
        .iter()
        .map(|(status, what)| ((*status).to_owned(), json!({ "description": what })))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
