//! Experiments, runs, and the files of runs.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::UNIX_EPOCH;

use reqwest::Method;
use reqwest::header::DATE;
use serde::Deserialize;
use serde_json::json;
use url::Url;
use yard_contract::Sha256;

use super::record::{OneRun, pairs};
use super::{Mlflow, PAGES, RunRecord, is_there, known};
use crate::answer::header;
use crate::client::Call;
use crate::credential::Credential;
use crate::error::ForgeError;
use crate::origin::{Origin, shown};
use crate::transfer::{Upload, receive};

impl Mlflow {
    /// The number of the experiment of a name, which is made where there is none.
    pub fn experiment(&self, name: &str) -> Result<String, ForgeError> {
        #[derive(Deserialize)]
        struct Made {
            experiment_id: String,
        }
        #[derive(Deserialize)]
        struct Found {
            experiment: Made,
        }
        let query = [("experiment_name", name)];
        let find = || known(self.look::<Found>(&["experiments", "get-by-name"], &query));
        if let Some(found) = find()? {
            return Ok(found.experiment.experiment_id);
        }
        match self.post::<Made>(&["experiments", "create"], &json!({"name": name})) {
            Ok(made) => Ok(made.experiment_id),
            Err(error) if is_there(&error) => match find()? {
                Some(found) => Ok(found.experiment.experiment_id),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// A run by its identifier.
    pub fn run(&self, id: &str) -> Result<Option<RunRecord>, ForgeError> {
        let answer = self.look::<OneRun>(&["runs", "get"], &[("run_id", id)]);
        Ok(known(answer)?.map(|answer| answer.run.into()))
    }

    /// Begins a run. The server notes the time that it is told, and people sort runs by it, so it is
    /// told its own.
    pub fn begin(
        &self,
        experiment: &str,
        name: &str,
        tags: &[(&str, &str)],
    ) -> Result<RunRecord, ForgeError> {
        let body = json!({
            "experiment_id": experiment, "run_name": name, "tags": pairs(tags),
            "start_time": self.server_time()?,
        });
        let answer: OneRun = self.post(&["runs", "create"], &body)?;
        Ok(answer.run.into())
    }

    /// Sets a parameter, which never changes again. Answers whether it has this value now: somebody
    /// else may have set another one.
    pub fn claim(&self, run: &RunRecord, key: &str, value: &str) -> Result<bool, ForgeError> {
        let body = json!({"run_id": run.id, "key": key, "value": value});
        match self.send(&Method::POST, &["runs", "log-parameter"], &body) {
            Ok(()) => Ok(true),
            Err(ForgeError::Refused {
                status: 400,
                message,
                ..
            }) if message.starts_with("INVALID_PARAMETER_VALUE")
                && message.contains("Changing") =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Marks a run as finished.
    pub fn finish(&self, run: &RunRecord) -> Result<(), ForgeError> {
        let body = json!({"run_id": run.id, "status": "FINISHED", "end_time": self.server_time()?});
        self.send(&Method::POST, &["runs", "update"], &body)
    }

    /// Withdraws a run.
    pub fn abandon(&self, run: &RunRecord) -> Result<(), ForgeError> {
        self.send(
            &Method::POST,
            &["runs", "delete"],
            &json!({"run_id": run.id}),
        )
    }

    /// The files of a run and their sizes.
    pub fn files(&self, run: &RunRecord) -> Result<BTreeMap<String, u64>, ForgeError> {
        #[derive(Deserialize)]
        struct Page {
            #[serde(default)]
            files: Vec<Entry>,
            next_page_token: Option<String>,
        }
        #[derive(Deserialize)]
        struct Entry {
            path: String,
            #[serde(default)]
            file_size: u64,
        }
        let mut all = BTreeMap::new();
        let mut token = String::new();
        for _ in 0..PAGES {
            let mut query = vec![("run_id", run.id.as_str())];
            if !token.is_empty() {
                query.push(("page_token", &token));
            }
            let page: Page = self.look(&["artifacts", "list"], &query)?;
            let entries = page.files.into_iter();
            all.extend(entries.map(|entry| (entry.path, entry.file_size)));
            match page.next_page_token.filter(|token| !token.is_empty()) {
                Some(next) => token = next,
                None => return Ok(all),
            }
        }
        Err(self.endless(&["artifacts", "list"]))
    }

    /// Sends a file of a run; one of its name gives way to it.
    pub fn upload(&self, run: &RunRecord, file: &str, upload: &Upload) -> Result<(), ForgeError> {
        let url = self.file_url(run, file)?;
        self.client.send(&Method::PUT, url, Some(upload)).map(drop)
    }

    /// Copies a file of a run to a writer, up to a limit; answers its length and digest.
    pub fn download(
        &self,
        run: &RunRecord,
        file: &str,
        out: &mut dyn Write,
        limit: u64,
    ) -> Result<(u64, Sha256), ForgeError> {
        let url = self.file_url(run, file)?;
        let request = format!("GET {}", shown(&url));
        let mut response = self.client.send(&Method::GET, url, None)?;
        let stall = self.client.settings().stall_timeout;
        let clock = self.client.clock();
        receive(&mut response, &request, out, limit, clock, stall)
    }

    /// The server's time in milliseconds since 1970, by its answers; 0 where they do not say.
    fn server_time(&self) -> Result<u64, ForgeError> {
        let url = self.url(&["experiments", "get"], &[("experiment_id", "0")]);
        let call = Call::new(Method::GET, url);
        let proof = self.client.credential().and_then(Credential::header);
        let (response, _) = self.client.dispatch(&call, proof.as_ref())?;
        let date = header(&response, &DATE);
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        let since = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        Ok(since.map_or(0, |since| since.as_secs() * 1000))
    }

    /// Where a file of a run is sent to and fetched from: through the server.
    fn file_url(&self, run: &RunRecord, file: &str) -> Result<Url, ForgeError> {
        let refuse = |why| ForgeError::Url {
            url: run.artifact_uri.escape_debug().to_string(),
            why,
        };
        let direct = "the server keeps a run's files elsewhere and does not pass them on: start it \
                      with `--artifacts-destination`, without `--no-serve-artifacts`";
        let place = run.artifact_uri.strip_prefix("mlflow-artifacts:");
        let place = place.ok_or_else(|| refuse(direct))?;
        let place = match place.strip_prefix("//") {
            None => place,
            Some(rest) => {
                let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
                let same = ["http", "https"].into_iter().any(|scheme| {
                    let url = Url::parse(&format!("{scheme}://{host}/"));
                    url.ok().and_then(|url| Origin::of(&url).ok()).as_ref()
                        == Some(self.client.origin())
                });
                if !same && !host.is_empty() {
                    return Err(refuse("the server sends files to another one"));
                }
                path
            }
        };
        let mut segments = vec!["api", "2.0", "mlflow-artifacts", "artifacts"];
        segments.extend(place.split('/').filter(|part| !part.is_empty()));
        if segments.iter().any(|part| matches!(*part, "." | "..")) {
            return Err(refuse("it leads out of the server's files"));
        }
        segments.push(file);
        Ok(self.client.url(&self.below(&segments), &[]))
    }
}
