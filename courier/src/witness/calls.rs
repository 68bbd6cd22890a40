//! What a witness asks of the database: heads, proofs, and the receipts of what was erased.

use postgres::Client;
use postgres::error::SqlState;
use postgres::types::Type;
use telemetry_seals::checkpoint::Checkpoint;

use crate::database::describe;

/// The head of a log; None where nothing is sealed yet.
pub fn head(client: &mut Client, log: &str) -> Result<Option<Checkpoint>, String> {
    let row = client
        .query_typed_one("select telemetry.checkpoint($1)", &[(&log, Type::TEXT)])
        .map_err(|error| describe(&error))?;
    let text: Option<String> = row.try_get(0).map_err(|error| describe(&error))?;
    let Some(text) = text else { return Ok(None) };
    let head = Checkpoint::parse(&text).map_err(|fault| format!("the database's head of {log}: {fault}"))?;
    Ok((head.size > 0).then_some(head))
}

/// The hashes, in base64, that tie a head of one size to that of another; None where the log says that it never had such a head.
pub fn proof(client: &mut Client, log: &str, from: u64, to: u64) -> Result<Option<Vec<String>>, String> {
    let size = |size: u64| i64::try_from(size).map_err(|_| format!("a log has no {size} entries"));
    let asked = client.query_typed_one(
        "select telemetry.consistency_proof($1, $2, $3)",
        &[(&size(from)?, Type::INT8), (&size(to)?, Type::INT8), (&log, Type::TEXT)],
    );
    match asked {
        Ok(row) => row.try_get(0).map(Some).map_err(|error| describe(&error)),
        Err(error) if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => Ok(None),
        Err(error) => Err(describe(&error)),
    }
}

/// A receipt as the database has it, and by what it is known and found again.
pub struct Receipt {
    pub id: String,
    pub at: String,
    pub text: String,
}

/// The receipts later than this, in their order.
pub fn receipts(client: &mut Client, since: Option<&str>) -> Result<Vec<Receipt>, String> {
    let rows = client
        .query_typed(
            "select r ->> 'receipt_id', r ->> 'at', r::text from telemetry.erasure_receipts($1::text::timestamptz) r",
            &[(&since, Type::TEXT)],
        )
        .map_err(|error| describe(&error))?;
    rows.iter()
        .map(|row| {
            let text = |at: usize| row.try_get(at).map_err(|error| describe(&error));
            Ok(Receipt { id: text(0)?, at: text(1)?, text: text(2)? })
        })
        .collect()
}
