//! What the stand-ins know of pipelines: triggers, runs, and the registry that holds records of them.
//! The time is theirs: some second of one day.

use serde_json::{Value, json};

/// Status, further header lines, body.
type Answer = (u16, String, String);

#[derive(Debug, Default)]
pub(crate) struct Pipelines {
    /// Seconds of the day.
    pub(crate) now: u64,
    /// Number, version, name and time of the records.
    pub(crate) records: Vec<(u64, String, String, u64)>,
    /// The time of each pipeline that was started; its number is its place.
    pub(crate) started: Vec<u64>,
    /// Pipelines before this place have ended.
    pub(crate) ended: usize,
    /// Whether nobody may look at pipelines.
    pub(crate) is_hidden: bool,
    /// Whether nobody may start any.
    pub(crate) is_closed: bool,
    next: u64,
}

fn clock(second: u64) -> String {
    format!(
        "{:02}:{:02}:{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

fn stamp(second: u64) -> String {
    format!("2026-11-20T{}.000Z", clock(second))
}

/// The answer to what concerns pipelines; nothing for everything else.
pub(crate) fn answer(
    state: &mut Pipelines,
    method: &str,
    path: &str,
    body: &[u8],
) -> Option<Answer> {
    let date = format!("date: Fri, 20 Nov 2026 {} GMT\r\n", clock(state.now));
    let told = |status: u16, body: &Value| Some((status, date.clone(), body.to_string()));
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(rest) = path.strip_prefix("/api/v4/projects/42/") {
        let parts: Vec<&str> = rest.split('/').collect();
        return match (method, parts.as_slice()) {
            ("GET", ["packages"]) => {
                let mut found =
                    vec![json!({ "id": 9, "name": "trainyard-retrain", "version": "other" })];
                if !state.records.is_empty() {
                    found
                        .push(json!({ "id": 1, "name": "trainyard-retrain", "version": "credit" }));
                }
                told(200, &Value::Array(found))
            }
            ("GET", ["packages", "1", "package_files"]) => {
                let files = state.records.iter().map(|(id, _, name, at)| {
                    json!({ "id": id, "file_name": name, "created_at": stamp(*at) })
                });
                told(200, &files.collect())
            }
            ("PUT", ["packages", "generic", "trainyard-retrain", version, file]) => {
                state.next += 1;
                let record = (
                    state.next,
                    (*version).to_owned(),
                    (*file).to_owned(),
                    state.now,
                );
                state.records.push(record);
                let file = json!({ "id": state.next, "package_id": 1, "file_name": file, "size": 3, "file_sha256": null });
                told(201, &file)
            }
            ("DELETE", ["packages", "1", "package_files", id]) => {
                let id: u64 = id.parse().unwrap();
                state.records.retain(|record| record.0 != id);
                told(204, &Value::Null)
            }
            ("GET", ["pipelines", _]) if state.is_hidden => told(403, &json!({})),
            ("GET", ["pipelines", id]) => {
                let id: usize = id.parse().unwrap();
                let status = if id < state.ended {
                    "success"
                } else {
                    "running"
                };
                told(200, &json!({ "id": id, "status": status }))
            }
            ("POST", ["trigger", "pipeline"]) if state.is_closed => told(404, &json!({})),
            ("POST", ["trigger", "pipeline"]) => {
                assert_eq!(body["token"], "glcbt-canary");
                assert_eq!(body["ref"], "main");
                assert_eq!(body["variables"]["TRAINYARD_RETRAIN"], "credit");
                state.started.push(state.now);
                let id = state.started.len() - 1;
                let url = format!("https://gitlab.example/-/pipelines/{id}");
                told(
                    201,
                    &json!({ "id": id, "status": "created", "web_url": url }),
                )
            }
            _ => None,
        };
    }
    match (method, path) {
        ("GET", "/repos/o/r/actions/workflows/retrain.yml/runs") => {
            let runs = state.started.iter().enumerate().map(|(id, at)| {
                let status = if id < state.ended {
                    "completed"
                } else {
                    "in_progress"
                };
                json!({ "id": id, "status": status, "created_at": stamp(*at).replace(".000", "") })
            });
            let runs: Value = runs.collect();
            told(200, &json!({ "total_count": 1, "workflow_runs": runs }))
        }
        ("POST", "/repos/o/r/dispatches") if state.is_closed => told(403, &json!({})),
        ("POST", "/repos/o/r/dispatches") => {
            assert_eq!(body["event_type"], "trainyard-retrain");
            assert_eq!(body["client_payload"]["model"], "credit");
            state.started.push(state.now);
            Some((204, date.clone(), String::new()))
        }
        _ => None,
    }
}
