//! Where a package comes from, by the variables that a CI system promises to set. Nothing else of
//! the environment reaches a statement.

use yard_forge::Variables;
use yard_trust::Origin;

pub(crate) fn of(variables: &Variables) -> Origin {
    let get = |name| variables.get(name).map(str::to_owned);
    let (project, reference, commit) = if let Some(project) = get("CI_PROJECT_URL") {
        let tag = get("CI_COMMIT_TAG").map(|tag| format!("refs/tags/{tag}"));
        let branch = get("CI_COMMIT_BRANCH").map(|branch| format!("refs/heads/{branch}"));
        (Some(project), tag.or(branch), get("CI_COMMIT_SHA"))
    } else if let (Some(server), Some(repository)) =
        (get("GITHUB_SERVER_URL"), get("GITHUB_REPOSITORY"))
    {
        let project = format!("{server}/{repository}");
        (Some(project), get("GITHUB_REF"), get("GITHUB_SHA"))
    } else {
        return Origin::default();
    };
    let digits = |text: &String| {
        let hexadecimal = text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        matches!(text.len(), 40 | 64) && hexadecimal
    };
    Origin {
        // Who writes a password into a project's address has not meant to publish it.
        project: project.filter(|url| !url.contains('@')),
        reference,
        commit: commit.filter(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_field_is_taken() {
        let commit = "a".repeat(40);
        let gitlab = of(&Variables::from_iter([
            ("CI_PROJECT_URL", "https://forge.example/g/p"),
            ("CI_COMMIT_TAG", "v1.2.0"),
            ("CI_COMMIT_SHA", &commit),
            ("CI_JOB_TOKEN", "secret"),
        ]));
        assert_eq!(gitlab.reference.as_deref(), Some("refs/tags/v1.2.0"));
        let github = of(&Variables::from_iter([
            ("GITHUB_SERVER_URL", "https://hub.example"),
            ("GITHUB_REPOSITORY", "g/p"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_SHA", "$(id)"),
        ]));
        assert_eq!(github.project.as_deref(), Some("https://hub.example/g/p"));
        assert_eq!(github.commit, None);
        let with_password = [("CI_PROJECT_URL", "https://u:p@forge.example/g/p")];
        assert_eq!(of(&Variables::from_iter(with_password)).project, None);
        assert_eq!(of(&Variables::default()), Origin::default());
    }
}
