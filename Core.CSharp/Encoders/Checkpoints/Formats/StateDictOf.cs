namespace Research.Encoders.Formats;

/// <summary>The named tensors in what a pickle holds.</summary>
static class StateDictOf
{
    const int Deepest = 64;
    const int MostVisits = 1 << 20;
    const int LongestName = 1024; // a name within names can double and double again

    /// <summary>Where training programs put the weights beside the optimizer's state and the like.</summary>
    static readonly string[] places = ["state_dict", "model_state_dict", "model"];

    /// <summary>
    /// A dictionary of tensors, one under "state_dict", "model_state_dict" or "model", or the tensors of a TorchScript module and those within
    /// it, their names joined by points.
    /// </summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="value">What the pickle holds.</param>
    /// <param name="most">More tensors are refused.</param>
    /// <exception cref="InvalidDataException">There is no state dict, or something in it is no tensor; the message names the key.</exception>
    public static Dictionary<string, PickleTensor> Pickle(string path, object? value, int most)
    {
        var found = new Dictionary<string, PickleTensor>(StringComparer.Ordinal);
        if (value is PickleObject module)
        {
            var visits = 0;
            Walk(path, module, "", 0, found, ref visits);
        }
        else if (value is PickleDictionary dictionary)
            Plain(
                path,
                places.Select(p => dictionary.Texts.GetValueOrDefault(p)).OfType<PickleDictionary>().FirstOrDefault()
                    ?? dictionary,
                found
            );
        else if (value is PickleTensor)
            throw new InvalidDataException($"'{path}' holds one tensor, not a state dict.");
        else
            throw new InvalidDataException($"'{path}' holds {PickleReader.Described(value)}, not a state dict.");
        if (found.Count == 0)
            throw new InvalidDataException($"'{path}' holds no tensors.");
        return found.Count <= most
            ? found
            : throw new InvalidDataException($"'{path}' holds {found.Count} tensors, more than the {most} allowed.");
    }

    static void Plain(string path, PickleDictionary dictionary, Dictionary<string, PickleTensor> found)
    {
        foreach (var (key, value) in dictionary.Texts)
            found.Add(
                key,
                value as PickleTensor
                    ?? throw new InvalidDataException(
                        $"'{path}': {TensorFile.Quoted(key)} in its state dict is {PickleReader.Described(value)}, not a tensor. "
                            + $"A training checkpoint has its weights under {string.Join(", ", places.Select(p => $"'{p}'"))}."
                    )
            );
        if (dictionary.Others > 0)
            throw new InvalidDataException($"'{path}': its state dict has {dictionary.Others} keys that are no text.");
    }

    // A module may stand in several places, and a hostile one in exponentially many: the visits are counted.
    static void Walk(
        string path,
        PickleObject module,
        string prefix,
        int depth,
        Dictionary<string, PickleTensor> found,
        ref int visits
    )
    {
        if (depth > Deepest)
            throw new InvalidDataException(
                $"'{path}': {TensorFile.Quoted(prefix)} lies more than {Deepest} modules deep."
            );
        foreach (var (name, value) in module.Attributes?.Texts ?? new Dictionary<string, object?>())
        {
            if (++visits > MostVisits)
                throw new InvalidDataException($"'{path}': its modules have more than {MostVisits} attributes.");
            if (prefix.Length + name.Length > LongestName)
                throw new InvalidDataException(
                    $"'{path}': the name {TensorFile.Quoted(prefix + name[..Math.Min(name.Length, LongestName)])} has more than {LongestName} letters."
                );
            if (value is PickleTensor tensor)
                found.TryAdd(prefix + name, tensor);
            else if (value is PickleObject within)
                Walk(path, within, $"{prefix}{name}.", depth + 1, found, ref visits);
        }
    }
}
