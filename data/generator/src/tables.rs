//! The tables: which columns, in which order, from which part of a dossier.

use crate::dossier::{Dossier, World};
use crate::error::WorldError;
use crate::sheet::{File, Sheet};
use crate::wide::{BureauView, OwnView};

/// Who and when: the first columns of every table with one row an application.
pub const KEYS: [&str; 4] = [
    "application_id",
    "applicant_id",
    "application_date",
    "application_month",
];

/// What the application itself says.
pub const APPLICATION: [&str; 16] = [
    "product",
    "channel",
    "region",
    "amount_requested",
    "term_months",
    "annuity",
    "income_monthly",
    "employment",
    "days_employed",
    "housing",
    "days_at_address",
    "education",
    "days_birth",
    "dependants",
    "co_applicant",
    "external_score",
];

/// What the related tables said on the day of the application.
pub const AGGREGATES: [&str; 16] = [
    "bureau_credit_count",
    "bureau_active_count",
    "bureau_debt_total",
    "bureau_debt_to_limit",
    "bureau_overdue_days_max",
    "bureau_days_newest",
    "bureau_days_oldest",
    "bureau_utilisation_6m",
    "bureau_utilisation_change",
    "bureau_past_due_max_12m",
    "previous_loan_count",
    "previous_refused_share",
    "previous_days_last_decision",
    "instalment_late_share",
    "instalment_days_late_max",
    "instalment_unpaid_share",
];

/// What nobody could know on that day: the leak, then the target.
pub const AFTERWARDS: [&str; 2] = ["collections_calls_after", "defaulted"];

/// All tables but the dirty one, in the order of the README.
pub fn files(world: &World) -> Result<Vec<File>, WorldError> {
    Ok(vec![
        applications(world)?,
        bureau(world)?,
        snapshots(world)?,
        previous_loans(world)?,
        instalments(world)?,
        training(world)?,
        scoring(world)?,
    ])
}

/// One row an application: what it says and what came of it.
pub fn applications(world: &World) -> Result<File, WorldError> {
    let header: Vec<&str> = KEYS
        .into_iter()
        .chain(APPLICATION)
        .chain(AFTERWARDS)
        .collect();
    let mut sheet = Sheet::new("applications.csv", &header)?;
    for dossier in &world.judged {
        put_application(&mut sheet, dossier)?;
        put_afterwards(&mut sheet, dossier)?;
        sheet.end()?;
    }
    sheet.finish()
}

fn training(world: &World) -> Result<File, WorldError> {
    let header: Vec<&str> = KEYS
        .into_iter()
        .chain(APPLICATION)
        .chain(AGGREGATES)
        .chain(AFTERWARDS)
        .collect();
    let mut sheet = Sheet::new("training.csv", &header)?;
    for dossier in &world.judged {
        put_application(&mut sheet, dossier)?;
        put_aggregates(&mut sheet, dossier)?;
        put_afterwards(&mut sheet, dossier)?;
        sheet.end()?;
    }
    sheet.finish()
}

fn scoring(world: &World) -> Result<File, WorldError> {
    let header: Vec<&str> = KEYS
        .into_iter()
        .chain(APPLICATION)
        .chain(AGGREGATES)
        .collect();
    let mut sheet = Sheet::new("scoring.csv", &header)?;
    for dossier in &world.fresh {
        put_application(&mut sheet, dossier)?;
        put_aggregates(&mut sheet, dossier)?;
        sheet.end()?;
    }
    sheet.finish()
}

fn put_application(sheet: &mut Sheet, dossier: &Dossier) -> Result<(), WorldError> {
    let (person, application) = (&dossier.person, &dossier.application);
    let today = application.date.0;
    sheet.shown(application.id)?.shown(application.applicant)?;
    sheet
        .shown(application.date)?
        .shown(application.date.month())?;
    sheet
        .text(application.product.name())?
        .text(application.channel)?
        .text(person.region)?;
    sheet
        .shown(application.amount)?
        .shown(application.term)?
        .shown(application.annuity)?;
    sheet
        .shown(application.income)?
        .text(person.employment.name())?;
    sheet
        .option(person.employed_since.map(|since| since.0 - today))?
        .text(person.housing)?;
    sheet
        .shown(person.address_since.0 - today)?
        .text(person.education)?
        .shown(person.birth.0 - today)?;
    sheet
        .shown(person.dependants)?
        .shown(u8::from(application.co_applicant))?;
    sheet.decimal(application.external_score)?;
    Ok(())
}

fn put_aggregates(sheet: &mut Sheet, dossier: &Dossier) -> Result<(), WorldError> {
    let bureau = BureauView::on_day_zero(dossier.credits());
    let own = OwnView::on_day_zero(&dossier.history.loans);
    sheet
        .option(bureau.map(|view| view.credits))?
        .option(bureau.map(|view| view.active))?;
    sheet
        .option(bureau.map(|view| view.debt))?
        .decimal(bureau.and_then(|view| view.debt_to_limit))?;
    sheet.option(bureau.map(|view| view.overdue_days_max))?;
    sheet
        .option(bureau.map(|view| view.newest))?
        .option(bureau.map(|view| view.oldest))?;
    sheet.decimal(bureau.and_then(|view| view.utilisation))?;
    sheet.decimal(bureau.and_then(|view| view.utilisation_change))?;
    sheet.option(bureau.and_then(|view| view.past_due_max))?;
    sheet
        .shown(own.loans)?
        .decimal(own.refused_share)?
        .option(own.last_decision)?;
    sheet
        .decimal(own.late_share)?
        .option(own.days_late_max)?
        .decimal(own.unpaid_share)?;
    Ok(())
}

fn put_afterwards(sheet: &mut Sheet, dossier: &Dossier) -> Result<(), WorldError> {
    sheet
        .shown(dossier.outcome.collections_calls)?
        .shown(u8::from(dossier.outcome.defaulted))?;
    Ok(())
}

fn bureau(world: &World) -> Result<File, WorldError> {
    let mut sheet = Sheet::new(
        "bureau.csv",
        &[
            "application_id",
            "credit_id",
            "credit_kind",
            "days_opened",
            "days_reported",
            "status",
            "credit_limit",
            "debt",
            "days_overdue",
            "amount_overdue",
        ],
    )?;
    for dossier in &world.judged {
        for (credit, number) in dossier.credits().zip(1..) {
            sheet
                .shown(dossier.application.id)?
                .shown(dossier.record(number))?
                .text(credit.kind)?;
            sheet
                .shown(credit.opened)?
                .shown(credit.reported)?
                .text(credit.status)?;
            sheet
                .shown(credit.limit)?
                .shown(credit.debt)?
                .shown(credit.days_overdue)?
                .shown(credit.overdue)?;
            sheet.end()?;
        }
    }
    sheet.finish()
}

fn snapshots(world: &World) -> Result<File, WorldError> {
    let mut sheet = Sheet::new(
        "snapshots.csv",
        &[
            "application_id",
            "credit_id",
            "days_snapshot",
            "days_reported",
            "balance",
            "credit_limit",
            "days_past_due",
        ],
    )?;
    for dossier in &world.judged {
        for (credit, number) in dossier.credits().zip(1..) {
            for snapshot in &credit.snapshots {
                sheet
                    .shown(dossier.application.id)?
                    .shown(dossier.record(number))?;
                sheet
                    .shown(snapshot.day)?
                    .shown(snapshot.reported)?
                    .shown(snapshot.balance)?;
                sheet.shown(credit.limit)?.shown(snapshot.days_past_due)?;
                sheet.end()?;
            }
        }
    }
    sheet.finish()
}

fn previous_loans(world: &World) -> Result<File, WorldError> {
    let mut sheet = Sheet::new(
        "previous_loans.csv",
        &[
            "application_id",
            "loan_id",
            "product",
            "days_decision",
            "status",
            "amount_requested",
            "amount_granted",
            "term_months",
        ],
    )?;
    for dossier in &world.judged {
        for (loan, number) in dossier.history.loans.iter().zip(1..) {
            sheet
                .shown(dossier.application.id)?
                .shown(dossier.record(number))?
                .text(loan.product.name())?;
            sheet
                .shown(loan.decided)?
                .text(loan.status)?
                .shown(loan.requested)?
                .option(loan.granted)?;
            sheet.shown(loan.term)?.end()?;
        }
    }
    sheet.finish()
}

fn instalments(world: &World) -> Result<File, WorldError> {
    let mut sheet = Sheet::new(
        "instalments.csv",
        &[
            "application_id",
            "loan_id",
            "instalment_number",
            "days_due",
            "days_paid",
            "amount_due",
            "amount_paid",
        ],
    )?;
    for dossier in &world.judged {
        for (loan, number) in dossier.history.loans.iter().zip(1..) {
            for instalment in &loan.instalments {
                sheet
                    .shown(dossier.application.id)?
                    .shown(dossier.record(number))?
                    .shown(instalment.number)?;
                sheet.shown(instalment.due)?.option(instalment.paid)?;
                sheet
                    .shown(instalment.amount_due)?
                    .shown(instalment.amount_paid)?
                    .end()?;
            }
        }
    }
    sheet.finish()
}
