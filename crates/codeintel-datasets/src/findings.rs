//! The findings of tools to rows.

use arrow_array::RecordBatch;
use codeintel_base::Finding;

use crate::table::StoredColumns as _;
use crate::tables::analytics::diagnostics::diagnostics;

/// Collects the findings of many reports.
#[derive(Debug, Default)]
pub struct FindingRows(diagnostics::Columns);

impl FindingRows {
    /// Append the findings of a report.
    pub fn push(&mut self, report_id: i32, findings: &[Finding]) {
        for finding in findings {
            self.0.push(diagnostics::Row {
                report_id,
                code: finding.code.as_deref(),
                severity: finding.severity.as_str(),
                message: &finding.message,
                start_line: finding.start.line as i32,
                start_col: finding.start.column as i32,
                end_line: finding.end.line as i32,
                end_col: finding.end.column as i32,
            });
        }
    }

    /// Take the rows: one batch for each table of reports, in the order of the list of datasets.
    pub fn take(&mut self) -> Vec<RecordBatch> {
        vec![self.0.take()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Key;
    use crate::list::all_facts;

    #[test]
    fn batches_are_in_the_order_of_the_tables() {
        let tables = all_facts().filter(|facts| facts.key() == Key::Report).flat_map(|facts| facts.tables);
        let tables: Vec<_> = tables.map(|table| table.schema()).collect();
        let batches: Vec<_> = FindingRows::default().take().iter().map(RecordBatch::schema).collect();
        assert_eq!(batches, tables);
    }
}
