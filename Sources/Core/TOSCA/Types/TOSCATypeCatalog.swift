/// All types that are part of the program, for those who list them.
package enum TOSCATypeCatalog {
    /// Types of the bundled collections: those of one kind after the other, in the order of their documents. Types that
    /// both custom collections have are there twice, as each defines them.
    package static func all() -> [TOSCAType] {
        var result: [TOSCAType] = []
        for collection in BundledCollection.all {
            let library = TypeLibrary(report: Report())
            if collection.name != BundledCollection.normative.name { library.add(collection) }
            for kind in TOSCATypeKind.allCases {
                for name in collection.names(kind) {
                    if let type = library.resolve(name, kind, at: nil, .root) { result.append(type) }
                }
            }
        }
        return result
    }
}
