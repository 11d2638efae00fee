namespace Research.Encoders.Formats;

/// <summary>
/// The few calls that the pickle of a tensor makes, done here: nothing of Python's is. None copies what it is given, or a short pickle could
/// call one again and again on something long.
/// </summary>
static class PickleCalls
{
    const int MostDimensions = 8; // a weight has four at most, and a shape is kept for every call

    /// <summary>What a call of an allowed name with its arguments gives.</summary>
    public static object Result(string path, object? callable, object? arguments)
    {
        if (callable is not PickleGlobal { Kind: var kind } global || arguments is not PickleTuple { Items: var given })
            throw Bad(path, $"its pickle calls {PickleReader.Described(callable)}: refused");
        return (kind, given) switch
        {
            (PickleGlobalKind.OrderedDictionary, []) => new PickleDictionary(),
            (PickleGlobalKind.Size, [PickleTuple sizes]) => sizes,
            (PickleGlobalKind.TypedList, [{ } list, ..]) => list,
            (PickleGlobalKind.RebuildParameter, [PickleTensor tensor, ..]) => tensor,
            (
                PickleGlobalKind.RebuildTensor,
                [PickleStorage storage, long offset, PickleTuple shape, PickleTuple strides, ..]
            ) when Sizes(shape) is { } sizes && Sizes(strides) is { } steps => new PickleTensor(
                storage,
                offset,
                sizes,
                steps
            ),
            _ => throw Bad(
                path,
                $"its pickle calls {TensorFile.Quoted(global.Name)} with arguments that it does not take: refused"
            ),
        };
    }

    static long[]? Sizes(PickleTuple tuple)
    {
        if (tuple.Items.Length > MostDimensions)
            return null;
        var sizes = new long[tuple.Items.Length];
        for (var i = 0; i < sizes.Length; i++)
            if (tuple.Items[i] is long size)
                sizes[i] = size;
            else
                return null;
        return sizes;
    }

    /// <summary>The storage that a persistent id names.</summary>
    public static PickleStorage Storage(string path, object? id) =>
        id
            is PickleTuple
            {
                Items: [
                    "storage",
                    PickleGlobal { Kind: PickleGlobalKind.Storage } type,
                    string key,
                    string,
                    long count,
                    ..,
                ]
            }
        && count >= 0
            ? new PickleStorage(key, PickleGlobals.TypeOf(type), count)
            : throw Bad(path, "its pickle refers to something outside that is no storage of a tensor: refused");

    /// <summary>The dictionary with keys and values in turn added to it.</summary>
    public static PickleDictionary Filled(string path, PickleDictionary target, object?[] pairs)
    {
        if (pairs.Length % 2 != 0)
            throw Bad(path, "a dictionary of its pickle has a key without a value");
        for (var i = 0; i < pairs.Length; i += 2)
            if (target.Add(pairs[i], pairs[i + 1]) is { } problem)
                throw Bad(path, problem);
        return target;
    }

    static InvalidDataException Bad(string path, string problem) => new($"'{path}': {problem}.");
}
