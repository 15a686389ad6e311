//! Arguments and environment to one validated value.

use std::path::{Path, PathBuf};

use serde::Serialize;
use yard_cli::{Format, Io};
use yard_contract::Sha256;
use yard_forge::{Settings, Variables};
use yard_package::{Limits, PackageId};
use yard_registry::{Connection, Target, TargetSpec};
use yard_trust::{Origin, SigningKey};

use crate::args::{Args, Command, PublishArgs};
use crate::error::PublishError;
use crate::subject::Subject;
use crate::{key, origin, version};

/// What was asked for.
pub(crate) enum Plan {
    /// To publish, and the opened targets.
    Publish(Box<PublishPlan>, Vec<Target>),
    /// To make a key.
    Keygen(KeygenPlan),
    /// To verify a package.
    Verify(Box<VerifyPlan>),
}

/// Where a new key goes.
#[derive(Clone, Serialize)]
pub(crate) struct KeygenPlan {
    pub(crate) private_key: PathBuf,
    pub(crate) public_key: PathBuf,
    encrypted: bool,
    #[serde(skip)]
    pub(crate) passphrase: Option<String>,
}

/// What is verified, with what.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct VerifyPlan {
    pub(crate) package: Subject,
    /// Nothing where a package may be unsigned.
    pub(crate) public_key: Option<PathBuf>,
    #[serde(skip)]
    pub(crate) limits: Limits,
    pub(crate) out: Option<PathBuf>,
    #[serde(skip)]
    pub(crate) settings: Settings,
    #[serde(skip)]
    pub(crate) format: Format,
}

/// Everything that publishing needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PublishPlan {
    #[serde(skip)]
    id: PackageId,
    name: String,
    package_version: String,
    pub(crate) model: PathBuf,
    pub(crate) gate: PathBuf,
    pub(crate) include: Vec<PathBuf>,
    /// The fingerprint of the public key, where the package is to be signed.
    pub(crate) signed_by: Option<Sha256>,
    #[serde(skip)]
    pub(crate) key: Option<SigningKey>,
    pub(crate) previous: Option<PathBuf>,
    pub(crate) no_version_check: bool,
    pub(crate) no_release: bool,
    #[serde(skip)]
    pub(crate) limits: Limits,
    #[serde(skip)]
    pub(crate) origin: Origin,
    targets: Vec<String>,
    pub(crate) out: PathBuf,
    pub(crate) archive: PathBuf,
    pub(crate) epoch: u64,
    pub(crate) dry_run: bool,
    #[serde(skip)]
    pub(crate) format: Format,
}

impl Plan {
    /// Arguments, the environment and the signing key: what is wrong with them is known before
    /// anything is done.
    pub(crate) fn resolve(args: Args, io: &Io) -> Result<Self, PublishError> {
        Ok(match args.command {
            Some(Command::Keygen(args)) => {
                let mut public_key = args.out.clone().into_os_string();
                public_key.push(".pub");
                let variables: Variables = io.environment().into_iter().collect();
                let passphrase = variables.get(key::PASSPHRASE).filter(|_| args.encrypt);
                if args.encrypt && passphrase.is_none() {
                    return Err(PublishError::NoPassphrase);
                }
                Self::Keygen(KeygenPlan {
                    private_key: args.out,
                    public_key: public_key.into(),
                    encrypted: args.encrypt,
                    passphrase: passphrase.map(str::to_owned),
                })
            }
            Some(Command::Verify(args)) => Self::Verify(Box::new(VerifyPlan {
                package: Subject::of(&args.package, args.target)?,
                settings: Settings {
                    ca_file: args.ca_file,
                    ..Settings::from_variables(&io.environment().into_iter().collect())
                },
                public_key: args.public_key.filter(|_| !args.unsigned),
                limits: Limits::of_bytes(args.max_bytes),
                out: args.out,
                format: args.format,
            })),
            None => {
                let (plan, targets) = PublishPlan::resolve(args.publish, io)?;
                Self::Publish(Box::new(plan), targets)
            }
        })
    }
}

impl PublishPlan {
    /// The plan, and its targets, opened.
    fn resolve(args: PublishArgs, io: &Io) -> Result<(Self, Vec<Target>), PublishError> {
        let name = args.name.unwrap_or_default();
        let tag = args.package_version.unwrap_or_default();
        let id = PackageId::new(&name, version::of_tag(&tag, &name)?)?;
        let variables: Variables = io.environment().into_iter().collect();
        let settings = Settings {
            ca_file: args.ca_file,
            ..Settings::from_variables(&variables)
        };
        let connection = Connection::of_process(settings, &variables);
        let mut targets = Vec::new();
        for (position, text) in args.target.iter().enumerate() {
            if args.target[..position].contains(text) {
                return Err(PublishError::TargetTwice(text.clone()));
            }
            let spec: TargetSpec = text.parse()?;
            targets.push(spec.open(&variables, &connection)?);
        }
        let passphrase = variables.get(key::PASSPHRASE);
        let key = match args.signing_key {
            Some(path) => Some(key::read(&path, passphrase, io)?),
            None => key::from_variable(variables.get(key::VARIABLE), passphrase, io)?,
        };
        let beside = args.out.parent().unwrap_or(Path::new(""));
        let archive = args
            .archive
            .unwrap_or_else(|| beside.join(id.archive_name()));
        let plan = Self {
            signed_by: key.as_ref().map(|key| key.public_key().fingerprint()),
            key,
            previous: args.previous,
            no_version_check: args.no_version_check,
            no_release: args.no_release,
            limits: Limits::of_bytes(args.max_bytes),
            origin: origin::of(&variables),
            name: id.name().to_owned(),
            package_version: id.version().to_owned(),
            id,
            model: args.model,
            gate: args.gate,
            include: args.include,
            targets: args.target,
            out: args.out,
            archive,
            epoch: args.epoch,
            dry_run: args.dry_run,
            format: args.format,
        };
        Ok((plan, targets))
    }

    pub(crate) const fn id(&self) -> &PackageId {
        &self.id
    }
}
