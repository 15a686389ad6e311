//! Several targets in one run, what people see of a release, and the release before.

use std::fs;

use yard_contract::DeliveryAction;

use crate::fake_gitlab::{Fault, GitLab, TOKEN};
use crate::fake_oci::{PASSWORD, Registry, USER};
use crate::faulty::Faulty;
use crate::loopback::Reply;
use crate::{ARCHIVE, RECEIPT, Ran, World, write};

/// A GitLab job for a tag, which may also push to a registry.
fn job<'a>(api: &'a str, tag: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("CI_API_V4_URL", api),
        ("CI_PROJECT_ID", "7"),
        ("CI_JOB_TOKEN", TOKEN),
        ("CI_COMMIT_TAG", tag),
        ("OCI_USERNAME", USER),
        ("OCI_PASSWORD", PASSWORD),
    ]
}

#[test]
fn one_run_publishes_to_a_folder_a_gitlab_and_an_oci_registry() {
    let (world, gitlab) = (World::new(), GitLab::start());
    let registry = Faulty::start(Registry::new);
    let (api, oci) = (gitlab.api_url(), registry.url("/models"));
    let oci = oci.replace("http://", "oci://");
    let targets = [
        "--target",
        "dir:out/registry",
        "--target",
        "gitlab:",
        "--target",
        &oci,
    ];
    let run = || world.run(&targets, &job(&api, "v1.2.0"));
    run().ends(0, "credit 1.2.0 published");
    let receipt = world.receipt();
    for target in ["dir:out/registry", "gitlab:", &oci] {
        let there = receipt.deliveries.iter().filter(|d| d.target == target);
        let actions: Vec<_> = there.map(|delivery| delivery.action).collect();
        assert_eq!(actions, [DeliveryAction::Uploaded; 7], "{target}");
    }
    let folder = world.at("out/registry/credit/1.2.0");
    let archive = fs::read(folder.join(ARCHIVE)).unwrap();
    let files = gitlab.files("credit", "1.2.0");
    assert!(files.contains(&(ARCHIVE.to_owned(), archive.clone())));
    assert!(registry.with(|registry| registry.blobs.values().any(|blob| *blob == archive)));

    run().ends(0, "already there");
    let receipt = world.receipt();
    let mut deliveries = receipt.deliveries.iter();
    assert!(deliveries.all(|delivery| delivery.action == DeliveryAction::AlreadyThere));
}

#[test]
fn what_stops_at_the_second_target_says_what_is_complete_and_goes_on() {
    let (world, gitlab) = (World::new(), GitLab::start());
    let api = gitlab.api_url();
    let targets = ["--target", "dir:out/registry", "--target", "gitlab:"];
    let busy = Reply::new(429, b"").with("Retry-After", "3600");
    gitlab.fault("PUT", "model_card.md", Fault::Answer(busy), 1);
    let ran = world.run(&targets, &job(&api, "v1.2.0"));
    ran.ends(3, "publishing stopped; complete are dir:out/registry");
    ran.ends(3, "model_card.md, provenance.json, manifest.json missing");
    ran.ends(3, "hint: run the same command again");
    assert!(!world.at(RECEIPT).exists());
    world
        .run(&targets, &job(&api, "v1.2.0"))
        .ends(0, "credit 1.2.0 published");
    let receipt = world.receipt();
    let action = |target: &str, file: &str| {
        let mut deliveries = receipt.deliveries.iter();
        let found = deliveries.find(|d| d.target == target && d.file == file);
        found.unwrap().action
    };
    assert_eq!(
        action("dir:out/registry", ARCHIVE),
        DeliveryAction::AlreadyThere
    );
    assert_eq!(action("gitlab:", ARCHIVE), DeliveryAction::AlreadyThere);
    assert_eq!(action("gitlab:", "model_card.md"), DeliveryAction::Uploaded);
}

#[test]
fn a_tag_gets_its_release_entry_with_the_gates_verdict_unless_it_is_not_wanted() {
    let (world, gitlab) = (World::new(), GitLab::start());
    let api = gitlab.api_url();
    let run = |more: &[&str]| {
        world.run(
            &[&["--target", "gitlab:"], more].concat(),
            &job(&api, "v1.2.0"),
        )
    };
    run(&["--no-release"]).ends(0, "published");
    assert!(gitlab.entry("v1.2.0").is_none());
    run(&[]).ends(0, "already there");
    let entry = gitlab.entry("v1.2.0").unwrap();
    for said in [
        "credit 1.2.0",
        "Pass",
        "auc is below its floor",
        "Not signed",
    ] {
        assert!(
            entry.description.contains(said),
            "{said}: {}",
            entry.description
        );
    }
    let links: Vec<&str> = entry.links.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        links,
        [
            "credit 1.2.0: bill of materials",
            "credit 1.2.0: package",
            "credit 1.2.0: evaluation",
            "credit 1.2.0: gate's verdict",
            "credit 1.2.0: model card",
            "credit 1.2.0: provenance",
        ]
    );
}

fn publish_as(world: &World, version: &str, more: &[&str]) -> Ran {
    let arguments = ["--package-version", version, "--target", "dir:out/registry"];
    world.run(&[&arguments[..], more].concat(), &[])
}

#[test]
fn a_changed_interface_has_to_show_in_the_version_without_being_told_of_the_release_before() {
    let world = World::new();
    publish_as(&world, "1.2.0", &[]).ends(0, "published");
    world.train(&["amount", "age"]);
    let refused = publish_as(&world, "1.2.1", &[]);
    refused.ends(2, "the version 1.2.1 cannot follow 1.2.0");
    refused.ends(2, "the input `age` is new, and callers have to give it");
    refused.ends(2, "asks for a new major version");
    assert!(!world.at("out/registry/credit/1.2.1").exists());
    publish_as(&world, "2.0.0", &[]).ends(0, "published");

    // A correction of the older line is held against that line.
    world.train(&["amount"]);
    publish_as(&world, "1.2.1", &[]).ends(0, "published");
    world.train(&["amount", "age"]);
    publish_as(&world, "1.2.2", &[]).ends(2, "cannot follow 1.2.1");
    publish_as(&world, "1.2.2", &["--no-version-check"]).ends(0, "published");
    // What promises nothing is told so.
    publish_as(&world, "2024-05", &[]).ends(0, "is not by SemVer");
}

#[test]
fn what_an_unfinished_run_left_is_not_called_released() {
    let world = World::new();
    publish_as(&world, "1.2.0", &[]).ends(0, "published");
    fs::remove_file(world.at("out/registry/credit/1.2.0/manifest.json")).unwrap();
    write(&world.at("out/model_card.md"), b"# Credit, retold\n");
    let ran = publish_as(&world, "1.2.0", &[]);
    ran.ends(
        1,
        "another run began this version with other bytes and has not finished it",
    );
    ran.ends(1, "delete what is left of this version in dir:out/registry");
    assert!(!ran.stdout.contains("never changes"), "{}", ran.stdout);
}

/// Files go through that are longer than the memory that there is: 512 MiB of them by default, five
/// gigabytes with `TRAINYARD_SOAK=1`, within a quarter of a gigabyte. The file is all holes, so it
/// costs time only where it is read: for its digests, to be packed, to be copied, and to be read back.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how `make soak` asks for full counts"
)]
fn what_is_longer_than_the_memory_is_published() {
    let is_soak = std::env::var_os("TRAINYARD_SOAK").is_some();
    let length = if is_soak { 5 << 30 } else { 512 << 20 };
    let world = World::new();
    let file = fs::File::create(world.at("out/long.bin")).unwrap();
    file.set_len(length).unwrap();
    let limit = "ulimit -v 262144; exec \"$0\" \"$@\"";
    let arguments = ["--package-version", "1.2.0", "--target", "dir:out/registry"];
    let long = ["--include", "out/long.bin"];
    let ran = world.run_through(&["sh", "-c", limit], &[&arguments[..], &long].concat());
    ran.ends(0, "credit 1.2.0 published");
    let there = world.at("out/registry/credit/1.2.0/long.bin");
    assert_eq!(fs::metadata(there).unwrap().len(), length);
}
