import HTTPTypes

/// What IM does not have.
extension RESTOperation {
    private static let destroyed = Parameter.flag("destroyed", "Also of what was destroyed.")

    static let summaries = RESTOperation(
        method: .get, path: "/summaries", name: "listSummaries", section: .infrastructures,
        summary: "The caller's infrastructures with names, states and machines, oldest first",
        details: "IM does not have it.", parameters: [destroyed], answers: [.json("Summaries")],
        refusals: [400, 415])

    static let summary = RESTOperation(
        method: .get, path: "/infrastructures/:id/summary", name: "getInfrastructureSummary", section: .properties,
        summary: "All that is shown of it", details: "Takes a name in the place of the id. IM does not have it.",
        parameters: [destroyed], answers: [.json("Summary")], refusals: [415])

    static let events = RESTOperation(
        method: .get, path: "/infrastructures/:id/events", name: "getInfrastructureEvents", section: .properties,
        summary: "What happened, a part of it after an event",
        details: "Also of a destroyed one. Payloads may hold secrets of tasks. IM does not have it.",
        parameters: [
            Parameter(
                "after", "Sequence number of the last event that is known.",
                schema: ["type": "integer", "minimum": 0, "default": 0])
        ],
        answers: [.json("Events")], refusals: [415])

    /// Of the request that makes an infrastructure.
    static let named: [Parameter] = [
        Parameter(
            "name",
            "Makes an infrastructure of this name, or has the one of this name become as the document says; answered as "
                + "soon as it is on record. With `dry_run`: tell what that would do. IM does not have it, as what "
                + "follows."),
        Parameter("removes", "With `name`: machines that may be removed, by their ids with commas between."),
        Parameter(
            "new_host_keys", "With `name`: numbers of machines that may show another host key, with commas between.",
            schema: ["type": "string", "pattern": "^([0-9]+(,[0-9]+)*)?$"]),
    ]
}
