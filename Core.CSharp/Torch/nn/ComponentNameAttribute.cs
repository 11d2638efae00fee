namespace TorchSharp;

/// <summary>
/// The name under which <c>RegisterComponents</c> registers a field, where the field's own name is not the one wanted in the
/// state dict, e.g. <c>[ComponentName(Name = "0")]</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ComponentNameAttribute : Attribute
{
    /// <summary>The registered name; must not be empty nor contain a dot.</summary>
    public required string Name { get; init; }
}
