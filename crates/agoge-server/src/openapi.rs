//! The OpenAPI document of the routes.

use crate::route::Route;
use serde_json::{Map, Value, json};

/// What holds for all paths.
const DESCRIPTION: &str = "Below /api/ everything is JSON, a fault too: {\"error\": \"what is wrong; hint: what to do\"}. Every path may also answer 421 (another host), 403 (asked by another site's page) and 429 (too many requests). Reached from another machine every path but /enter, /api/enter, /certificate, /healthz and /assets asks for the token, as a cookie or as Authorization: Bearer, and answers 401 without it.";

/// The OpenAPI document of these routes.
pub(crate) fn build_document(routes: &[Route]) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        entry[route.method.name()] = describe_operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Agoge", "version": env!("CARGO_PKG_VERSION"), "description": DESCRIPTION,
        },
        "paths": paths,
    })
}

fn describe_operation(route: &Route) -> Value {
    let mut parameters = path_parameters(route.path);
    parameters.extend(route.query.iter().cloned());
    let mut responses = route.responses.to_vec();
    if !parameters.is_empty() || route.body.is_some() {
        responses.push(("400", "Not what this document says"));
    }
    // Below `/api/` everything is JSON, errors too; 204 has no content.
    let is_json = route.path.starts_with("/api/");
    let responses: Map<String, Value> = responses
        .iter()
        .map(|(status, description)| {
            let mut response = json!({ "description": description });
            if is_json && *status != "204" {
                response["content"] = json!({ "application/json": {} });
            }
            ((*status).to_owned(), response)
        })
        .collect();
    let mut operation =
        json!({ "summary": route.summary, "parameters": parameters, "responses": responses });
    if let Some(body) = &route.body {
        operation["requestBody"] = body.clone();
    }
    operation
}

/// The parameters in a path: names of files, and numbers of everything else.
fn path_parameters(path: &str) -> Vec<Value> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let schema = match name {
                "name" => json!({ "type": "string" }),
                _ => json!({ "type": "integer", "format": "int64", "minimum": 1 }),
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect()
}

/// The schema of an object with these properties and no others.
pub(crate) fn object_schema(required: &[&str], properties: &Value) -> Value {
    json!({
        "type": "object", "required": required, "properties": properties,
        "additionalProperties": false,
    })
}
