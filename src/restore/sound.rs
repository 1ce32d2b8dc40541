//! Checks every byte of a file before something is given up for what is in it.

use std::sync::Arc;

use super::error::Error;
use crate::archive::ArchiveFile;
use crate::context::Context;

/// Records between two looks whether the user wants to stop.
const RECORDS: usize = 64;

/// Reads all records, and compares them with their digests.
///
/// # Errors
/// Damage; the user's.
pub async fn check(ctx: &Context, file: &Arc<ArchiveFile>) -> Result<(), Error> {
    let (ctx, file) = (ctx.clone(), Arc::clone(file));
    let checked = tokio::task::spawn_blocking(move || {
        let mut record = Vec::new();
        for records in file.toc().chunks(RECORDS) {
            if ctx.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            for entry in records {
                file.check_record(entry, &mut record)?;
            }
        }
        Ok::<(), Error>(())
    });
    checked.await.map_err(|_| Error::Worker("reading the archive".to_owned()))?
}
