using System.Globalization;

namespace Research.Training.Processes;

/// <summary>
/// Which process of a group this is, where the group meets (torchrun's rendezvous variables, whose names are given), and how long it waits.
/// </summary>
public sealed record ProcessGroupOptions
{
    /// <summary>The variable that holds <see cref="Key"/>.</summary>
    public const string KeyVariable = "RESEARCH_GROUP_KEY";

    /// <summary>This process, in [0, <see cref="World"/>).</summary>
    public required int Rank { get; init; }

    /// <summary>The number of processes, at least 1.</summary>
    public required int World { get; init; }

    /// <summary>The host, by name or address, on which rank 0 listens. Default: this machine, unreachable from others.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The port on which rank 0 listens; on rank 0 itself 0 takes a free one. Default 29,500, as torchrun's.</summary>
    public int Port { get; init; } = 29_500;

    /// <summary>
    /// A secret that all processes of the group share, so that no other program can take the place of one. It is never sent. Make it random
    /// (<c>openssl rand -hex 16</c>): who connects to rank 0 can try out guesses of it. Default: none, and whoever connects can join.
    /// </summary>
    public string Key { get; init; } = "";

    /// <summary>How long to wait for all processes to join. Default: 5 minutes.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a call waits for the others before it fails. Default: 30 minutes, since the others wait while one of them evaluates.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// From the variables that torchrun sets: RANK, WORLD_SIZE, and where they are set MASTER_ADDR and MASTER_PORT, with the key in
    /// RESEARCH_GROUP_KEY, if any; null where neither RANK nor WORLD_SIZE is set.
    /// </summary>
    /// <param name="timeout">How long a call waits for the others; by default as <see cref="Timeout"/>.</param>
    /// <exception cref="ArgumentException">A variable is missing, no number or out of range; the message names it.</exception>
    public static ProcessGroupOptions? FromEnvironment(TimeSpan? timeout = null)
    {
        if (Variable("RANK") is null && Variable("WORLD_SIZE") is null)
            return null;
        var options = new ProcessGroupOptions { Rank = Number("RANK"), World = Number("WORLD_SIZE") };
        if (Variable("MASTER_ADDR") is { } address)
            options = options with { Address = address };
        if (Variable("MASTER_PORT") is not null)
            options = options with { Port = Number("MASTER_PORT") };
        if (Variable(KeyVariable) is { } key)
            options = options with { Key = key };
        if (timeout is { } time)
            options = options with { Timeout = time };
        options.Validate();
        return options;
    }

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentException">The message names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        if (World < 1)
            throw new ArgumentException($"World (WORLD_SIZE) is {World}; a group has at least 1 process.");
        if (Rank < 0 || Rank >= World)
            throw new ArgumentException(
                $"Rank (RANK) is {Rank}; the ranks of {World} processes (WORLD_SIZE) are 0 to {World - 1}."
            );
        if (Port < (Rank == 0 ? 0 : 1) || Port > 65_535)
            throw new ArgumentException($"Port (MASTER_PORT) is {Port}; ports are 1 to 65535, on rank 0 also 0.");
        if (string.IsNullOrWhiteSpace(Address))
            throw new ArgumentException("Address (MASTER_ADDR) is empty; it is the host on which rank 0 listens.");
        foreach (var (name, value) in new[] { (nameof(JoinTimeout), JoinTimeout), (nameof(Timeout), Timeout) })
            if (value <= TimeSpan.Zero || value.TotalMilliseconds > int.MaxValue)
                throw new ArgumentException($"{name} is {value}; it is positive and at most 24 days.");
    }

    /// <summary>"rank 1 of 4 at 127.0.0.1:29500": what may be logged, so without the key.</summary>
    public override string ToString() => $"rank {Rank} of {World} at {Address}:{Port}";

    static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : null;

    static int Number(string name) =>
        Variable(name) is not { } text
            ? throw new ArgumentException($"{name} is not set; RANK and WORLD_SIZE go together.")
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
        : throw new ArgumentException($"{name} is '{text}'; a whole number is expected.");
}
