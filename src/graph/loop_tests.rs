//! One test per loop that PostgreSQL's catalogs can hold (the cases of ordering.md §7).

use crate::manifest::Section::{PostData, PreData};
use crate::object::Kind::*;

use super::world::World;
use crate::object::Repair::{Dummy, Postponed, Separate};

#[test]
fn case_1_functions_of_a_base_type_need_its_shell_only() {
    let sorted = World::default()
        .announced(BaseType, "b", "b_shell", &["b_in", "b_out", "b_send"])
        .has(Function, "a_cast", &["b"])
        .has(Cast, "c", &["b", "a_cast"])
        .sort();
    assert_eq!(sorted.names(), ["b_shell", "b_in", "b_out", "b_send", "b", "a_cast", "c"]);
    assert!(sorted.depends("b_in", "b_shell") && !sorted.depends("b_in", "b"));
    assert!(sorted.depends("a_cast", "b"));
    assert_eq!(sorted.repair_count(), 0);
    assert!(sorted.ordered.warnings.is_empty());
}

#[test]
fn case_1_a_range_and_its_canonical_function() {
    // Its subtype is a base type with a shell of its own.
    let sorted = World::default()
        .announced(BaseType, "z", "z_shell", &["z_in", "z_out"])
        .announced(Range, "r", "r_shell", &["r_canonical"])
        .has(Domain, "d", &["r"])
        .sort();
    assert!(sorted.before("r_shell", "r_canonical") && sorted.before("r_canonical", "r"));
    assert!(sorted.before("z_in", "z") && sorted.before("r", "d"));
    assert!(sorted.ordered.warnings.is_empty());
}

#[test]
fn case_2_a_view_prints_its_rule() {
    let sorted = World::default().view("v", "v_rule", &["t"]).table("t", "t_data", "t_pk").sort();
    assert_eq!(sorted.names(), ["t", "v_rule", "v", "t_data", "t_pk"]);
    assert_eq!(sorted.repair_count(), 0);
    assert!(sorted.depends("v", "v_rule") && !sorted.depends("v_rule", "v"));
}

#[test]
fn case_3_a_view_grouped_by_a_primary_key_is_split() {
    let sorted = World::default().table("t", "t_data", "t_pk").view("v", "v_rule", &["t", "t_pk"]).sort();
    assert_eq!(sorted.names(), ["t", "v", "t_data", "t_pk", "v_rule"]);
    assert!(sorted.repaired("v", Dummy) && sorted.repaired("v_rule", Separate));
    assert!(sorted.depends("v_rule", "v") && !sorted.depends("v", "v_rule"));
    assert_eq!((sorted.section("v"), sorted.section("v_rule")), (PreData, PostData));
    assert!(sorted.ordered.warnings.is_empty());
}

#[test]
fn case_3_only_the_view_that_needs_the_key_is_split() {
    let sorted = World::default()
        .table("t", "t_data", "t_pk")
        .view("v", "v_rule", &["t", "t_pk"])
        .view("above", "above_rule", &["v"])
        .has(Function, "f", &["above"])
        .sort();
    assert_eq!(sorted.repair_count(), 2);
    assert!(sorted.before("v", "above_rule") && sorted.before("above", "f") && sorted.before("f", "t_data"));
}

#[test]
fn case_3_many_views_that_need_keys() {
    let sorted = World::default()
        .table("t", "t_data", "t_pk")
        .view("a", "a_rule", &["t_pk"])
        .view("b", "b_rule", &["t_pk", "a"])
        .view("c", "c_rule", &["b", "t_pk"])
        .sort();
    assert!(["a", "b", "c"].iter().all(|view| sorted.repaired(view, Dummy)));
    assert_eq!(sorted.repair_count(), 6);
}

#[test]
fn case_3_of_mutually_recursive_views_the_oldest_becomes_the_dummy() {
    let young_first = World::default().view("b", "b_rule", &["a"]).view("a", "a_rule", &["b"]).sort();
    assert!(young_first.repaired("b", Dummy) && !young_first.repaired("a", Dummy));
    assert_eq!(young_first.names(), ["b", "a_rule", "a", "b_rule"]);
    assert_eq!(young_first.repair_count(), 2);
}

#[test]
fn case_3_a_view_whose_function_takes_its_row_type() {
    let sorted = World::default().view("v", "v_rule", &["f"]).has(Function, "f", &["v"]).sort();
    assert_eq!(sorted.names(), ["v", "f", "v_rule"]);
    assert!(sorted.repaired("v", Dummy) && sorted.repaired("v_rule", Separate));
}

#[test]
fn case_4_a_materialized_view_and_what_depends_on_it_are_postponed() {
    let sorted = World::default()
        .table("t", "t_data", "t_pk")
        .has(MaterializedView, "m", &["t", "t_pk"])
        .has(MaterializedView, "n", &["m"])
        .has(Index, "n_index", &["n"])
        .has(Refresh, "n_refresh", &["n"])
        .sort();
    assert!(sorted.repaired("m", Postponed) && sorted.repaired("n", Postponed));
    assert_eq!(sorted.names(), ["t", "t_data", "t_pk", "m", "n", "n_index", "n_refresh"]);
    assert_eq!((sorted.section("m"), sorted.section("t")), (PostData, PreData));
}

#[test]
fn case_4_with_the_rule_as_a_node() {
    let sorted = World::default()
        .table("t", "t_data", "t_pk")
        .has(MaterializedView, "m", &[])
        .inside("m", ViewRule, "m_rule", &["t_pk"])
        .view("v", "v_rule", &["m"])
        .sort();
    assert!(sorted.repaired("m", Postponed) && !sorted.repaired("m", Dummy));
    assert!(sorted.depends("m", "m_rule"));
    assert!(sorted.repaired("v", Dummy) && sorted.before("m", "v_rule"));
}

#[test]
fn case_5_a_function_whose_body_groups_by_a_primary_key_is_postponed() {
    let sorted = World::default()
        .table("t", "t_data", "t_pk")
        .has(Function, "f", &["t", "t_pk"])
        .has(Procedure, "p", &["f"])
        .has(Function, "plain", &["t"])
        .sort();
    assert_eq!(sorted.names(), ["t", "plain", "t_data", "t_pk", "f", "p"]);
    assert!(sorted.repaired("f", Postponed) && sorted.repaired("p", Postponed));
    assert_eq!(sorted.repair_count(), 2);
}

#[test]
fn cases_6_8_and_11_parts_are_printed_inline() {
    let sorted = World::default()
        .has(Table, "t", &["d", "early"])
        .inside("t", Check, "t_check", &["f"])
        .inside("t", Default, "t_default", &["g"])
        .has(Function, "f", &[])
        .has(Function, "g", &[])
        .has(Function, "h", &[])
        .has(Sequence, "early", &[])
        .has(Domain, "d", &[])
        .inside("d", DomainCheck, "d_check", &["h"])
        .sort();
    assert_eq!(sorted.repair_count(), 0);
    for (first, second) in [("f", "t"), ("g", "t"), ("h", "d"), ("d", "t"), ("early", "t")] {
        assert!(sorted.before(first, second), "{first} before {second}");
    }
    assert!(!sorted.depends("t_check", "t") && sorted.depends("t", "t_check"));
}

#[test]
fn case_7_a_check_that_calls_a_function_on_the_row_type() {
    let sorted = World::default()
        .table("t", "t_data", "t_pk")
        .inside("t", Check, "t_check", &["f"])
        .inside("t", Check, "t_positive", &[])
        .has(Function, "f", &["t"])
        .sort();
    assert!(sorted.repaired("t_check", Separate));
    assert_eq!(sorted.repair_count(), 1);
    assert_eq!(sorted.section("t_check"), PostData);
    assert_eq!(sorted.names(), ["t_positive", "t", "f", "t_data", "t_check", "t_pk"]);
}

#[test]
fn case_9_an_index_and_that_of_a_partition() {
    let sorted = World::default()
        .has(Table, "t", &[])
        .has(Table, "p", &[])
        .has(Index, "t_index", &["t", "p_index"])
        .has(Index, "p_index", &["p", "t_index"])
        .has(IndexAttach, "attach", &["t_index", "p_index"])
        .sort();
    assert!(!sorted.depends("t_index", "p_index") && sorted.depends("p_index", "t_index"));
    assert!(sorted.ordered.warnings.is_empty());
    assert_eq!(sorted.repair_count(), 0);
}

#[test]
fn case_10_a_default_that_calls_a_function_on_the_row_type() {
    let sorted = World::default()
        .table("t", "t_data", "t_pk")
        .inside("t", Default, "t_default", &["f"])
        .has(Function, "f", &["t"])
        .sort();
    assert!(sorted.repaired("t_default", Separate));
    assert_eq!(sorted.section("t_default"), PreData);
    assert_eq!(sorted.names(), ["t", "f", "t_default", "t_data", "t_pk"]);
}

#[test]
fn case_10_two_parts_of_one_table() {
    let sorted = World::default()
        .has(Table, "t", &[])
        .inside("t", Default, "a", &["f"])
        .inside("t", Default, "b", &["f"])
        .inside("t", Check, "c", &["f"])
        .has(Function, "f", &["t"])
        .sort();
    assert!(["a", "b", "c"].iter().all(|part| sorted.repaired(part, Separate)));
    assert!(sorted.ordered.warnings.is_empty());
}

#[test]
fn case_10_the_function_of_the_default_needs_the_primary_key() {
    let sorted = World::default()
        .table("t", "t_data", "t_pk")
        .inside("t", Default, "t_default", &["f"])
        .has(Function, "f", &["t", "t_pk"])
        .sort();
    assert!(sorted.repaired("f", Postponed));
    assert!(sorted.repaired("t_default", Separate) && sorted.repaired("t_default", Postponed));
    assert_eq!(sorted.names(), ["t", "t_data", "t_pk", "f", "t_default"]);
    assert_eq!(sorted.section("t_default"), PostData);
    assert!(sorted.ordered.warnings.is_empty());
}

#[test]
fn case_12_a_domain_check_that_calls_a_function_on_the_domain() {
    let sorted = World::default()
        .has(Domain, "d", &[])
        .inside("d", DomainCheck, "d_check", &["f"])
        .has(Function, "f", &["d"])
        .table("t", "t_data", "t_pk")
        .sort();
    assert!(sorted.repaired("d_check", Separate));
    assert_eq!(sorted.section("d_check"), PostData);
    assert_eq!(sorted.names(), ["d", "f", "t", "t_data", "d_check", "t_pk"]);
}

#[test]
fn case_13_an_edge_to_oneself_is_dropped() {
    let sorted = World::default().has(Table, "t", &["t", "t"]).sort();
    assert!(!sorted.depends("t", "t"));
    assert!(sorted.ordered.warnings.is_empty());
}

#[test]
fn case_15_anything_else_is_broken_with_a_warning() {
    let sorted = World::default()
        .has(Composite, "c", &["e"])
        .has(Composite, "d", &["c"])
        .has(Composite, "e", &["d"])
        .sort();
    assert_eq!(
        sorted.ordered.warnings,
        [
            "could not resolve the dependency loop among these objects: composite c, composite e, composite d; \
          it is ignored that composite c depends on composite e"
        ]
    );
    assert_eq!(sorted.names(), ["c", "d", "e"]);
}

#[test]
fn case_15_keeps_the_sections_apart() {
    let sorted = World::default().table("t", "t_data", "t_pk").has(Table, "u", &["t_pk"]).sort();
    assert_eq!(sorted.ordered.warnings.len(), 1);
    assert!(
        sorted.ordered.warnings[0].contains("table u") && sorted.ordered.warnings[0].contains("key t_pk")
    );
    assert_eq!(sorted.names(), ["t", "u", "t_data", "t_pk"]);
}

#[test]
fn case_15_names_two_tables_that_inherit_from_each_other() {
    let sorted = World::default()
        .has(Table, "a", &["b"])
        .has(Table, "b", &["a"])
        .inside("a", Default, "a_default", &["b"])
        .sort();
    assert!(sorted.ordered.warnings.iter().all(|warning| warning.contains("table a, ")));
    assert_eq!(sorted.ordered.order.len(), 3);
}
