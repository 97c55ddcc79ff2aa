//! Attributes: those that a class defines by binding them, and those that refer to members of the types before the dot.

use codeintel_scip::ReferenceKind;
use ruff_python_ast::{AnyNodeRef, ExprAttribute, ExprContext};
use ruff_text_size::TextRange;
use ty_python_core::definition::Definition;
use ty_python_semantic::types::Type;
use ty_python_semantic::{HasType as _, definitions_for_attribute};

use super::{Collector, DEFINITION, NO_SUCH_ATTRIBUTE, NOT_IN_SOURCE, Origin, READ, UNKNOWN_TYPE, WRITE};
use crate::hierarchy;
use crate::symbols::{Target, declared_global, symbol_of};

impl<'db> Collector<'db> {
    pub(super) fn attribute(&mut self, attribute: &ExprAttribute) {
        let range = attribute.attr.range;
        if attribute.ctx == ExprContext::Store && self.binds_attribute(attribute, attribute.into(), DEFINITION | WRITE)
        {
            return;
        }
        let roles = if attribute.ctx == ExprContext::Load { READ } else { WRITE };
        self.refer_to_attribute(attribute, range, roles);
    }

    /// Whether an attribute of a method's first parameter is bound. Then it is defined here, unless a property or a base class
    /// says more of it: then it is written to.
    pub(super) fn binds_attribute(&mut self, attribute: &ExprAttribute, node: AnyNodeRef<'_>, roles: u32) -> bool {
        if matches!(node, AnyNodeRef::StmtAugAssign(_)) && self.adds_to_attribute(attribute, roles) {
            return true;
        }
        let definitions = self.index.try_definitions(node).unwrap_or_default();
        let is_symbol = |definition: &Definition<'db>| symbol_of(self.db, *definition).is_some();
        let Some(definition) = definitions.iter().copied().find(is_symbol) else { return false };
        let class = hierarchy::class_of_method(self.db, definition.scope(self.db));
        let declared = class.and_then(|class| hierarchy::declaration(self.db, class, &attribute.attr));
        match declared.filter(|declared| Some(declared.class) != class || declared.is_function) {
            Some(declared) => {
                let targets = self.definition_target(declared.definition).into_iter().collect();
                self.refer(attribute.attr.range, targets, roles & !DEFINITION, ReferenceKind::Attribute, NOT_IN_SOURCE);
            }
            None => {
                self.define(attribute.attr.range, definition, roles, Vec::new());
                self.mark_binding();
            }
        }
        true
    }

    /// Whether something is added to an attribute of a method's first parameter that is bound elsewhere.
    pub(super) fn adds_to_attribute(&mut self, attribute: &ExprAttribute, roles: u32) -> bool {
        let Some(class) = hierarchy::class_of_receiver(self.db, &self.model, &attribute.value) else { return false };
        let found = hierarchy::member(self.db, hierarchy::mro(self.db, class), &attribute.attr);
        if found.iter().all(|(_, definition)| hierarchy::is_addition(self.db, *definition)) {
            return false;
        }
        let targets = self.member_targets(found);
        self.refer(attribute.attr.range, targets, roles & !DEFINITION, ReferenceKind::Attribute, NOT_IN_SOURCE);
        true
    }

    pub(super) fn refer_to_attribute(&mut self, attribute: &ExprAttribute, range: TextRange, roles: u32) {
        // What ty says of `self` in a method may depend on which method it was asked for first.
        let class = hierarchy::class_of_receiver(self.db, &self.model, &attribute.value);
        if let Some(class) = class {
            let targets = self.members(hierarchy::mro(self.db, class), &attribute.attr);
            if !targets.is_empty() {
                return self.refer(range, targets, roles, ReferenceKind::Attribute, NO_SUCH_ATTRIBUTE);
            }
        }
        let found = definitions_for_attribute(&self.model, attribute);
        let is_empty = found.is_empty();
        let mut targets = self.targets(found);
        let receiver = attribute.value.inferred_type(&self.model);
        if targets.is_empty() {
            targets = self.other_attribute_targets(attribute, receiver);
        }
        let is_unknown = receiver.is_none_or(|ty| matches!(ty, Type::Dynamic(_) | Type::Never | Type::Divergent(_)));
        let reason = match (is_unknown, is_empty) {
            _ if class.is_some() => NO_SUCH_ATTRIBUTE,
            (true, _) => UNKNOWN_TYPE,
            (false, true) => NO_SUCH_ATTRIBUTE,
            (false, false) => NOT_IN_SOURCE,
        };
        self.refer(range, targets, roles, ReferenceKind::Attribute, reason);
    }

    /// What an editor is not told: submodules, and members of `super()`.
    pub(super) fn other_attribute_targets(
        &mut self,
        attribute: &ExprAttribute,
        receiver: Option<Type<'db>>,
    ) -> Vec<Target> {
        if let Some(module) = self.module_of(attribute.inferred_type(&self.model)) {
            return self.module_target(module).into_iter().collect();
        }
        if let Some(module) = self.module_of(receiver)
            && let Some(global) = declared_global(self.db, module, &attribute.attr)
        {
            return vec![global];
        }
        if let Some(Type::BoundSuper(_)) = receiver {
            let scope = self.scope().to_scope_id(self.db, self.file);
            if let Some(class) = hierarchy::class_of_method(self.db, scope) {
                let pivot = attribute.value.as_call_expr().and_then(|call| call.arguments.args.first());
                let pivot = pivot.map_or(Some(class), |pivot| hierarchy::class_of(self.db, &self.model, pivot));
                let order = hierarchy::mro(self.db, class);
                let behind =
                    order.iter().position(|class| Some(*class) == pivot).map_or(order.len(), |place| place + 1);
                return self.members(&order[behind..], &attribute.attr);
            }
        }
        Vec::new()
    }

    pub(super) fn members(&mut self, classes: &[Definition<'db>], name: &str) -> Vec<Target> {
        self.member_targets(hierarchy::member(self.db, classes, name))
    }

    pub(super) fn member_targets(&mut self, found: Vec<(Box<str>, Definition<'db>)>) -> Vec<Target> {
        for (symbol, definition) in &found {
            self.note_external(symbol, Origin::Definition(*definition));
        }
        found.into_iter().map(|(symbol, _)| Target::Global(symbol)).collect()
    }
}
