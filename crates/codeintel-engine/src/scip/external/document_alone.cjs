// Loaded by node before scip-python 0.6.6, so that what it says of a file does not depend on the files that it has visited before.
//
// Its `TreeVisitor` keeps the symbols of declarations in `globalSymbols`, which all files of a run share. The declaration of every name
// that comes through `from m import *` is that one statement, so each of them gets the symbol of whichever was met first.
"use strict";

Object.defineProperty(Object.prototype, "globalSymbols", {
    configurable: true,
    // `this.globalSymbols = ...` in a constructor comes here.
    set(shared) {
        const isVisitor = this.documentSymbols instanceof Map && this.program;
        const value = isVisitor ? { get() {}, set() {} } : shared;
        Object.defineProperty(this, "globalSymbols", { value, configurable: true, enumerable: true, writable: true });
        if (!isVisitor) {
            return;
        }
        // Types that were inferred for one file are forgotten: where inference runs in circles, the result depends on where it began.
        this.program._createNewEvaluator();
        this.evaluator = this.program.evaluator;
        // What is kept is kept for the file.
        this.getSymbolOnce = (node, find) => {
            let symbol = this.rawGetLsifSymbol(node);
            if (!symbol) {
                symbol = find();
                this.documentSymbols.set(node.id, symbol);
            }
            return symbol;
        };
        // A name that comes through a star stands for what it would if it were imported by its name.
        const emitDeclaration = this.emitDeclaration;
        this.emitDeclaration = (name, declaration) => {
            if (declaration.node && declaration.node.isWildcardImport) {
                const target = this.evaluator.resolveAliasDeclaration(declaration, true, true);
                const node = target && target.node;
                // A whole module has no parent.
                if (node && node.parent) {
                    const isFunction = node.suite && node.parameters;
                    this.pushNewOccurrence(name, isFunction ? this.getFunctionSymbol(target) : this.getScipSymbol(node));
                    return true;
                }
            }
            return emitDeclaration.call(this, name, declaration);
        };
    },
});
