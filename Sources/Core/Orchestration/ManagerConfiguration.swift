package import InfrastructureModel
package import TOSCA

/// Patience, limits and words of the manager.
package struct ManagerConfiguration: Sendable {
    package var limits: InfrastructureStateMachine.Limits
    /// Most connector calls at the same time, per connector.
    package var connectorCalls: Int
    /// Time limit of one connector call.
    package var callTimeout: Duration
    /// How long a call that fails for reasons that pass is made again, where nothing else says so.
    package var callPatience: Duration
    /// Most infrastructures worked on at the same time.
    package var operations: Int
    /// How long a lease lasts without renewal.
    package var lease: Duration
    /// How often the holder of a lease looks for newer commands.
    package var commandPoll: Duration
    /// Most machines configured at the same time.
    package var parallelism: Int
    /// Limit of a contextualization where the document has none (`max_time`).
    package var contextualizationTimeout: Duration
    /// How long a machine may take to let us in.
    package var reachTimeout: Duration
    /// How often a recipe is run on a machine on which it fails, in all.
    package var recipeAttempts = 1
    /// After how long an operation is tried again that could not be carried out, as when the store fails; longer each time.
    package var setbackPause: Duration
    /// How often who waits for an operation sees such errors before they are told them.
    package var attempts: Int
    /// How long who asks for a change waits for its turn, before they are answered that it is on record.
    package var turnPatience: Duration
    /// Where TOSCA templates get what they import.
    package var templates: TOSCAResolver = .bundled
    /// After how long without a sign of a connector who waits for it is told.
    package var silence: Duration = .seconds(20)
    /// How long a machine that does not let us in is waited for although somebody wants it stopped, changed or gone.
    package var demandPatience: Duration = .seconds(3)
    /// Whom messages speak to.
    package var advice: Advice

    package init(
        limits: InfrastructureStateMachine.Limits = .init(), connectorCalls: Int = 16,
        callTimeout: Duration = .seconds(120), callPatience: Duration = .seconds(300), operations: Int = 32,
        lease: Duration = .seconds(15), commandPoll: Duration = .milliseconds(250), parallelism: Int = 64,
        contextualizationTimeout: Duration = .seconds(7200), reachTimeout: Duration = .seconds(600),
        setbackPause: Duration = .seconds(1), attempts: Int = 4, turnPatience: Duration = .seconds(10),
        advice: Advice = .commandLine
    ) {
        self.limits = limits
        self.connectorCalls = connectorCalls
        self.callTimeout = callTimeout
        self.callPatience = callPatience
        self.operations = operations
        self.lease = lease
        self.commandPoll = commandPoll
        self.parallelism = parallelism
        self.contextualizationTimeout = contextualizationTimeout
        self.reachTimeout = reachTimeout
        self.setbackPause = setbackPause
        self.attempts = attempts
        self.turnPatience = turnPatience
        self.advice = advice
    }
}
