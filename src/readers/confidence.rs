//! The argument confidence_level of what gives intervals.

use crate::db::call::Call;
use crate::error::Error;

/// Reads it: default 0.95. Error: 22023 not between 0 and 1.
pub fn confidence(call: &Call<'_>) -> Result<f64, Error> {
    let confidence = call.number("confidence_level")?.unwrap_or(0.95);
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(confidence);
    }
    Err(Error::BadArgument {
        problem: "confidence_level must be between 0 and 1".into(),
        hint: "For an interval of 95 %: confidence_level => 0.95.".into(),
    })
}
