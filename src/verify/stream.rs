//! Verifies an archive that arrives on a pipe.

use std::collections::HashMap;
use std::io::Read;

use serde::de::IgnoredAny;

use super::error::Error;
use super::run::walk;
use super::tally::Tally;
use super::{Options, Report};
use crate::archive::{
    self, Flags, RecordType, RowWalker, StreamReader, StreamRecord, Use, check_features, parse_json,
};
use crate::context::Context;
use crate::event::{Event, Meter};
use crate::manifest::{Begin, Catalog, Late};

pub(super) fn verify(ctx: &Context, input: impl Read, options: &Options) -> Result<Report, Error> {
    ctx.event(Event::Phase { name: "verify", items: 0 });
    let mut check = Check::default();
    let mut reader = StreamReader::new(input, options.limits)?;
    let mut records = 0;
    loop {
        if ctx.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let checked = reader.next_record().and_then(|record| match record {
            None => Ok(None),
            Some(record) => check.record(&mut reader, &record, options.deep).map(|()| Some(record)),
        });
        match checked {
            Ok(None) => break,
            Ok(Some(StreamRecord { header, entry })) => {
                records += 1;
                Meter::add(&ctx.meter.stored_bytes, entry.record_len());
                if header.record_type == RecordType::Data {
                    Meter::add(&ctx.meter.raw_bytes, header.raw_len);
                    Meter::add(&ctx.meter.rows, header.rows.into());
                }
            }
            Err(error) => {
                // The pipe cannot go on after damage: say what was good so far.
                check.tally.note(error)?;
                let Check { tally, catalog, .. } = check;
                let failure =
                    tally.failure(reader.contents(), catalog.as_ref(), None, false, None, records + 1);
                return Err(failure.expect("invariant: an error was noted").into());
            }
        }
    }
    let Check { tally, catalog, late, .. } = check;
    let end = reader.end().expect("invariant: the reader has returned its last record");
    let records = end.records + 1;
    let failure = tally.failure(
        reader.contents(),
        catalog.as_ref(),
        late.as_ref(),
        options.deep,
        Some(records),
        records,
    );
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    Ok(Report {
        root: end.root,
        archive_id: reader.archive_id(),
        status: end.status,
        records,
        tables: catalog
            .map_or(0, |catalog| catalog.entries.iter().filter(|e| e.data.is_some()).count() as u64),
        rows: end.rows,
        raw_bytes: end.raw_bytes,
        file_len: end.file_len,
        deep: options.deep,
    })
}

#[derive(Default)]
struct Check {
    tally: Tally,
    catalog: Option<Catalog>,
    late: Option<Late>,
    /// Parts whose last row is cut at the end of the last frame.
    open: HashMap<(u32, u32), RowWalker>,
    raw: Vec<u8>,
}

impl Check {
    fn record<R: Read>(
        &mut self,
        reader: &mut StreamReader<R>,
        record: &StreamRecord,
        deep: bool,
    ) -> Result<(), archive::Error> {
        let StreamRecord { header, entry } = record;
        let has_rows = deep && header.record_type == RecordType::Data;
        if !has_rows && !header.record_type.is_json() {
            return Ok(());
        }
        reader.decode(&mut self.raw)?;
        let of = |error| archive::Error::of(entry, error);
        match header.record_type {
            RecordType::Data => {
                let part = (header.object_id, header.part_no);
                let mut walker =
                    self.open.remove(&part).unwrap_or_else(|| RowWalker::new(header.data_format));
                walk(&mut walker, header, &self.raw).map_err(of)?;
                if header.flags.has(Flags::CONTINUES) {
                    self.open.insert(part, walker);
                } else {
                    self.tally.add_hash(header.object_id, walker.hash());
                }
            }
            RecordType::Begin => {
                let begin: Begin = parse_json(&self.raw).map_err(of)?;
                check_features(&begin, Use::Read)?;
            }
            RecordType::Catalog => self.catalog = Some(parse_json(&self.raw).map_err(of)?),
            RecordType::Late => self.late = Some(parse_json(&self.raw).map_err(of)?),
            _ => drop(parse_json::<IgnoredAny>(&self.raw).map_err(of)?),
        }
        Ok(())
    }
}
