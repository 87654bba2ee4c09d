//! A route: who answers it, and what the OpenAPI document says of it.

use crate::state::AppState;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post};
use serde_json::{Value, json};
use std::sync::Arc;

/// The method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RouteMethod {
    Get,
    Post,
}

impl RouteMethod {
    /// Its name in OpenAPI.
    pub(crate) fn name(self) -> &'static str {
        match self {
            RouteMethod::Get => "get",
            RouteMethod::Post => "post",
        }
    }
}

/// Statuses of responses, and what each means.
pub(crate) type Responses = &'static [(&'static str, &'static str)];

/// One route of the server.
pub(crate) struct Route {
    pub(crate) method: RouteMethod,
    /// Path with its parameters in braces.
    pub(crate) path: &'static str,
    /// One line that says what the route is for.
    pub(crate) summary: &'static str,
    /// Query parameters of the OpenAPI document.
    pub(crate) query: Vec<Value>,
    /// Request body of the OpenAPI document.
    pub(crate) body: Option<Value>,
    pub(crate) responses: Responses,
    pub(crate) handler: MethodRouter<Arc<AppState>>,
}

impl Route {
    /// A GET route.
    pub(crate) fn get<H, T>(path: &'static str, summary: &'static str, handler: H) -> Route
    where
        H: Handler<T, Arc<AppState>>,
        T: 'static,
    {
        Route::new(RouteMethod::Get, path, summary, get(handler))
    }

    /// A POST route.
    pub(crate) fn post<H, T>(path: &'static str, summary: &'static str, handler: H) -> Route
    where
        H: Handler<T, Arc<AppState>>,
        T: 'static,
    {
        Route::new(RouteMethod::Post, path, summary, post(handler))
    }

    fn new(
        method: RouteMethod,
        path: &'static str,
        summary: &'static str,
        handler: MethodRouter<Arc<AppState>>,
    ) -> Route {
        let responses = &[("200", "As the summary says")];
        Route { method, path, summary, query: Vec::new(), body: None, responses, handler }
    }

    /// With these responses in place of the default.
    pub(crate) fn with_responses(self, responses: Responses) -> Route {
        Route { responses, ..self }
    }

    /// With a query parameter that may be left out.
    pub(crate) fn with_query(self, name: &str, schema: Value) -> Route {
        self.add_query(name, schema, false)
    }

    /// With a query parameter that must be given.
    pub(crate) fn with_required_query(self, name: &str, schema: Value) -> Route {
        self.add_query(name, schema, true)
    }

    fn add_query(mut self, name: &str, schema: Value, is_required: bool) -> Route {
        self.query.push(json!({
            "name": name, "in": "query", "required": is_required, "schema": schema,
        }));
        self
    }

    /// With a JSON request body of this schema.
    pub(crate) fn with_json_body(self, schema: Value) -> Route {
        self.with_body("application/json", schema)
    }

    /// With a file as the request body; its size is limited by the handler alone.
    pub(crate) fn with_file_body(self) -> Route {
        let schema = json!({ "type": "string", "format": "binary" });
        let route = self.with_body("application/octet-stream", schema);
        Route { handler: route.handler.layer(DefaultBodyLimit::disable()), ..route }
    }

    fn with_body(self, content_type: &str, schema: Value) -> Route {
        let body = json!({ "required": true, "content": { content_type: { "schema": schema } } });
        Route { body: Some(body), ..self }
    }
}
