//! Writes the install script of the extension: `telemetry-install-script LIBRARY CONTROL VERSION`.
//!
//! pgrx keeps what a library declares in a section of it. This reads the section with pgrx's own code and prints the statements that
//! `cargo pgrx schema` prints. There their order changes from run to run, for it comes from hash tables; here one library always gives
//! the same bytes. It also compiles in seconds, where cargo-pgrx takes minutes.

#![forbid(unsafe_code)]

use object::{Object, ObjectSection};
use petgraph::Direction::Incoming;
use petgraph::graph::NodeIndex;
use pgrx_sql_entity_graph::section::{decode_entities, is_schema_section_name};
use pgrx_sql_entity_graph::{ControlFile, PgrxSql, SqlGraphEntity, ToSql};
use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::io::{Write, stdout};

fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [library, control, version] = given.as_slice() else {
        return Err("it takes a library, its control file and its version".into());
    };
    let bytes = std::fs::read(library).map_err(|why| format!("{library}: {why}"))?;
    let declared = declared_in(&bytes).map_err(|why| format!("{library}: {why}"))?;
    let control = ControlFile::from_path_with_cargo_version(control, version)?;
    let name = control.module_pathname.clone().ok_or("the control file has no module_pathname")?;
    let entities = [SqlGraphEntity::ExtensionRoot(control)].into_iter().chain(decode_entities(declared)?);
    let declarations = PgrxSql::build(entities, name, false)?;
    let mut out = stdout().lock();
    writeln!(
        out,
        "/* What sql/ and src/ declare, in an order in which it can be made: scripts/build-extension writes it. */\n"
    )?;
    for node in in_order(&declarations)? {
        let declared = &declarations.graph[node];
        // That of the extension itself is a comment, which says that the order changes.
        let statements = match declared {
            SqlGraphEntity::ExtensionRoot(_) => continue,
            _ => declared.to_sql(&declarations)?,
        };
        if !statements.trim().is_empty() {
            writeln!(out, "{}\n", statements.trim())?;
        }
    }
    Ok(out.flush()?)
}

/// Finds the section in which pgrx keeps what a library declares.
fn declared_in(library: &[u8]) -> Result<&[u8], Box<dyn Error>> {
    for section in object::File::parse(library)?.sections() {
        if is_schema_section_name(section.name()?) {
            return Ok(section.data()?);
        }
    }
    Err("it declares nothing: the linker dropped what pgrx put there, which scripts/build-extension tells it to keep"
        .into())
}

/// Gives the declarations, each after those that it needs, and otherwise in the order that pgrx has for them.
fn in_order(declarations: &PgrxSql) -> Result<Vec<NodeIndex>, Box<dyn Error>> {
    let graph = &declarations.graph;
    let mut needs: HashMap<NodeIndex, usize> =
        graph.node_indices().map(|node| (node, graph.neighbors_directed(node, Incoming).count())).collect();
    let mut ready: BTreeSet<(&SqlGraphEntity, NodeIndex)> =
        needs.iter().filter(|(_, needs)| **needs == 0).map(|(node, _)| (&graph[*node], *node)).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some((_, node)) = ready.pop_first() {
        order.push(node);
        for dependent in graph.neighbors(node) {
            if let Some(needs) = needs.get_mut(&dependent) {
                *needs -= 1;
                if *needs == 0 {
                    ready.insert((&graph[dependent], dependent));
                }
            }
        }
    }
    match order.len() == graph.node_count() {
        true => Ok(order),
        false => Err("declarations need each other in a circle".into()),
    }
}
