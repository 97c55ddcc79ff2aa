//! Names of keyword arguments: the parameters that they stand for.

use ruff_python_ast::{Arguments, Expr, ExprCall};
use ty_python_core::definition::Definition;
use ty_python_semantic::types::Type;
use ty_python_semantic::types::ide_support::{call_signature_details, definitions_for_keyword_argument};
use ty_python_semantic::{HasType as _, ResolvedDefinition};

use super::{Collector, READ};
use crate::hierarchy;
use crate::symbols::{Target, symbol_of};

/// What calls its first argument with the keyword arguments that it gets.
const PARTIAL: &str = " functools/partial#";

impl<'db> Collector<'db> {
    /// The keywords of a call.
    pub(super) fn call(&mut self, call: &ExprCall) {
        for keyword in &call.arguments.keywords {
            let Some(name) = &keyword.arg else { continue };
            let found = definitions_for_keyword_argument(&self.model, keyword, call);
            let mut targets = self.targets(found);
            if targets.is_empty() {
                targets = self.parameters_of_callee(call, name);
            }
            for target in targets {
                self.add(name.range, target, READ);
            }
        }
    }

    /// The keywords of a class statement, which its bases are told.
    pub(super) fn class_keywords(&mut self, class: Definition<'db>, arguments: &Arguments) {
        for keyword in &arguments.keywords {
            let Some(name) = keyword.arg.as_ref().filter(|name| name.as_str() != "metaclass") else { continue };
            let bases = hierarchy::mro(self.db, class).get(1..).unwrap_or_default();
            let hooks = hierarchy::member(self.db, bases, "__init_subclass__");
            for target in self.parameters_named(hooks.into_iter().map(|(_, hook)| hook), name) {
                self.add(name.range, target, READ);
            }
        }
    }

    /// The parameters of a name of what is called, as far as its type does not tell them: it is one of several classes or functions, or a
    /// decorator hides what it is.
    fn parameters_of_callee(&mut self, call: &ExprCall, name: &str) -> Vec<Target> {
        let class = hierarchy::class_of(self.db, &self.model, &call.func);
        let targets = self.parameters_named(class, name);
        if !targets.is_empty() {
            return targets;
        }
        let is_partial = class.and_then(|class| symbol_of(self.db, class)).is_some_and(|name| name.ends_with(PARTIAL));
        let callee = if is_partial { call.arguments.args.first() } else { Some(&*call.func) };
        let callees = callee.map(|callee| self.callees(callee)).unwrap_or_default();
        let targets = self.parameters_named(callees, name);
        if targets.is_empty() && matches!(call.func.inferred_type(&self.model), Some(Type::Union(_))) {
            let signatures = call_signature_details(&self.model, call);
            return self.parameters_named(signatures.into_iter().filter_map(|signature| signature.definition), name);
        }
        targets
    }

    /// The functions and classes that an expression names.
    fn callees(&self, callee: &Expr) -> Vec<Definition<'db>> {
        if let Expr::Attribute(attribute) = callee
            && let Some(class) = hierarchy::class_of_receiver(self.db, &self.model, &attribute.value)
        {
            let members = hierarchy::member(self.db, hierarchy::mro(self.db, class), &attribute.attr);
            return members.into_iter().map(|(_, member)| member).collect();
        }
        hierarchy::named(&self.model, callee).iter().filter_map(ResolvedDefinition::definition).collect()
    }

    fn parameters_named(&mut self, callees: impl IntoIterator<Item = Definition<'db>>, name: &str) -> Vec<Target> {
        let parameters = callees.into_iter().flat_map(|callee| hierarchy::parameters(self.db, callee, name));
        self.targets(parameters.map(ResolvedDefinition::Definition).collect())
    }
}
