using System.Buffers.Binary;
using System.Text;

namespace Research.Encoders.Formats;

/// <summary>
/// Reads the pickle of a torch.save archive without executing it: a stack machine of those operations that dictionaries, lists, texts, numbers
/// and tensors need. It imports nothing and calls nothing; a name is either one of <see cref="PickleGlobals"/> or refused, by name, whether
/// or not the pickle goes on to use it. Every operation takes at least a byte of input and makes at most one value, so memory and time are
/// bounded by the pickle's length.
/// </summary>
ref struct PickleReader
{
    const int LongestName = 512;
    const int LargestLong = 8; // bytes

    static readonly object mark = new();

    readonly string path;
    readonly ReadOnlySpan<byte> input;
    readonly bool script;
    readonly List<object?> stack = [];
    readonly List<int> marks = [];
    object?[] memo = [];
    int memoCount;
    int at;

    PickleReader(string path, ReadOnlySpan<byte> input, bool script)
    {
        this.path = path;
        this.input = input;
        this.script = script;
    }

    /// <summary>
    /// The pickle's value: null, bool, long, double, string, byte[], List, <see cref="PickleTuple"/>, <see cref="PickleDictionary"/>,
    /// <see cref="PickleTensor"/>, <see cref="PickleStorage"/>, <see cref="PickleGlobal"/> or <see cref="PickleObject"/>.
    /// </summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="input">The pickle, of protocol 2 to 5.</param>
    /// <param name="script">Whether it is TorchScript's, whose modules are objects with attributes.</param>
    /// <exception cref="InvalidDataException">It asks for a name or an operation that is no part of a tensor, or is damaged.</exception>
    public static object? Read(string path, ReadOnlySpan<byte> input, bool script) =>
        new PickleReader(path, input, script).Run();

    object? Run()
    {
        if (input.Length < 2 || input[0] != PickleOpcode.Proto || input[1] is < 2 or > 5)
            throw Bad("its pickle does not begin with a protocol from 2 to 5");
        while (true)
        {
            var opcode = Byte();
            if (opcode == PickleOpcode.Stop)
                return Pop();
            if (!Plain(opcode) && !Collection(opcode))
                Build(opcode);
        }
    }

    /// <summary>Numbers, texts and the memo.</summary>
    bool Plain(byte opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                if (Byte() is < 2 or > 5)
                    throw Bad("its pickle changes to a protocol that is not from 2 to 5");
                break;
            case PickleOpcode.Frame:
                if (BinaryPrimitives.ReadUInt64LittleEndian(Take(8)) > (ulong)(input.Length - at))
                    throw Bad("a frame of its pickle is longer than the pickle");
                break;
            case PickleOpcode.None:
                stack.Add(null);
                break;
            case PickleOpcode.NewTrue:
                stack.Add(true);
                break;
            case PickleOpcode.NewFalse:
                stack.Add(false);
                break;
            case PickleOpcode.BinInt:
                stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
                break;
            case PickleOpcode.BinInt1:
                stack.Add((long)Byte());
                break;
            case PickleOpcode.BinInt2:
                stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
                break;
            case PickleOpcode.Long1:
                stack.Add(Long(Byte()));
                break;
            case PickleOpcode.Long4:
                stack.Add(Long(Length(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))));
                break;
            case PickleOpcode.BinFloat:
                stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
                break;
            case PickleOpcode.ShortBinUnicode:
            case PickleOpcode.ShortBinString:
                stack.Add(Text(Byte()));
                break;
            case PickleOpcode.BinUnicode:
            case PickleOpcode.BinString:
                stack.Add(Text(Length(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))));
                break;
            case PickleOpcode.BinUnicode8:
                stack.Add(Text(Length(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)))));
                break;
            case PickleOpcode.ShortBinBytes:
                stack.Add(Take(Byte()).ToArray());
                break;
            case PickleOpcode.BinBytes:
                stack.Add(Take(Length(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))).ToArray());
                break;
            case PickleOpcode.BinBytes8:
                stack.Add(Take(Length(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)))).ToArray());
                break;
            case PickleOpcode.Memoize:
                Remember(memoCount);
                break;
            case PickleOpcode.BinPut:
                Remember(Byte());
                break;
            case PickleOpcode.LongBinPut:
                Remember(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));
                break;
            case PickleOpcode.BinGet:
                stack.Add(Recall(Byte()));
                break;
            case PickleOpcode.LongBinGet:
                stack.Add(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))));
                break;
            default:
                return false;
        }
        return true;
    }

    /// <summary>Marks, tuples, lists and dictionaries.</summary>
    bool Collection(byte opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Mark:
                marks.Add(stack.Count);
                stack.Add(mark);
                break;
            case PickleOpcode.Pop:
                if (stack.Count > 0 && ReferenceEquals(stack[^1], mark))
                    PopMark();
                else
                    Pop();
                break;
            case PickleOpcode.PopMark:
                PopMark();
                break;
            case PickleOpcode.Dup:
                stack.Add(Top());
                break;
            case PickleOpcode.EmptyTuple:
                stack.Add(new PickleTuple([]));
                break;
            case PickleOpcode.Tuple1:
            case PickleOpcode.Tuple2:
            case PickleOpcode.Tuple3:
                var items = new object?[opcode - PickleOpcode.Tuple1 + 1];
                for (var i = items.Length - 1; i >= 0; i--)
                    items[i] = Pop();
                stack.Add(new PickleTuple(items));
                break;
            case PickleOpcode.Tuple:
                stack.Add(new PickleTuple(PopMark()));
                break;
            case PickleOpcode.EmptyList:
                stack.Add(new List<object?>());
                break;
            case PickleOpcode.List:
                stack.Add(new List<object?>(PopMark()));
                break;
            case PickleOpcode.Append:
                var last = Pop();
                TopList().Add(last);
                break;
            case PickleOpcode.Appends:
                var more = PopMark();
                TopList().AddRange(more);
                break;
            case PickleOpcode.EmptyDict:
                stack.Add(new PickleDictionary());
                break;
            case PickleOpcode.Dict:
                var pairs = PopMark();
                stack.Add(Filled(new PickleDictionary(), pairs));
                break;
            case PickleOpcode.SetItem:
                var value = Pop();
                var key = Pop();
                Filled(TopDictionary(), [key, value]);
                break;
            case PickleOpcode.SetItems:
                var set = PopMark();
                Filled(TopDictionary(), set);
                break;
            default:
                return false;
        }
        return true;
    }

    /// <summary>Names and what is made of them.</summary>
    void Build(byte opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Global:
                var module = Line();
                stack.Add(Global(module, Line()));
                break;
            case PickleOpcode.StackGlobal:
                var name = Pop();
                stack.Add(
                    Pop() is string space && name is string own
                        ? Global(space, own)
                        : throw Bad("its pickle asks for a global whose name is no text")
                );
                break;
            case PickleOpcode.Reduce:
                var arguments = Pop();
                stack.Add(Reduced(Pop(), arguments));
                break;
            case PickleOpcode.NewObj:
                var parts = Pop();
                stack.Add(
                    Pop() is PickleGlobal { Kind: PickleGlobalKind.ScriptClass } type
                    && parts is PickleTuple { Items: [] }
                        ? new PickleObject(type.Name)
                        : throw Bad("its pickle makes an object that is no module of TorchScript: refused")
                );
                break;
            case PickleOpcode.Build:
                var state = Pop();
                Attribute(Top(), state);
                break;
            case PickleOpcode.BinPersId:
                stack.Add(Storage(Pop()));
                break;
            case PickleOpcode.Inst:
                var space2 = Line();
                throw Bad(
                    $"the checkpoint asks for {TensorFile.Quoted($"{space2}.{Line()}")}, which is no part of a tensor: refused"
                );
            default:
                throw Bad(
                    $"its pickle has the operation {PickleOpcode.NameOf(opcode)} at byte {at - 1}, which no tensor needs: refused"
                );
        }
    }

    readonly PickleGlobal Global(string module, string name) =>
        PickleGlobals.Find($"{module}.{name}", script)
        ?? throw Bad(
            $"the checkpoint asks for {TensorFile.Quoted($"{module}.{name}")}, which is no part of a tensor: refused"
        );

    readonly object Reduced(object? callable, object? arguments)
    {
        if (callable is not PickleGlobal { Kind: var kind } global || arguments is not PickleTuple { Items: var given })
            throw Bad($"its pickle calls {Described(callable)}: refused");
        return (kind, given) switch
        {
            (PickleGlobalKind.OrderedDictionary, []) => new PickleDictionary(),
            (PickleGlobalKind.OrderedDictionary, [List<object?> pairs]) => OfPairs(pairs),
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
                $"its pickle calls {TensorFile.Quoted(global.Name)} with arguments that it does not take: refused"
            ),
        };
    }

    readonly PickleDictionary OfPairs(List<object?> pairs)
    {
        var result = new PickleDictionary();
        foreach (var pair in pairs)
            Filled(
                result,
                pair switch
                {
                    PickleTuple { Items: [_, _] items } => items,
                    List<object?> { Count: 2 } items => [.. items],
                    _ => throw Bad("its pickle makes a dictionary of something that is no list of pairs"),
                }
            );
        return result;
    }

    static long[]? Sizes(PickleTuple tuple)
    {
        if (tuple.Items.Length > 64)
            return null;
        var sizes = new long[tuple.Items.Length];
        for (var i = 0; i < sizes.Length; i++)
            if (tuple.Items[i] is long size)
                sizes[i] = size;
            else
                return null;
        return sizes;
    }

    // The attributes of a state dict (its _metadata) say nothing of the tensors.
    readonly void Attribute(object? target, object? state)
    {
        if (target is PickleDictionary && state is PickleDictionary)
            return;
        if (target is not PickleObject module)
            throw Bad($"its pickle gives attributes to {Described(target)}: refused");
        if (state is not PickleDictionary attributes || module.Attributes is not null)
            throw Bad(
                $"the state of {TensorFile.Quoted(module.ClassName)} is not one dictionary of attributes: refused"
            );
        module.Attributes = attributes;
    }

    readonly PickleStorage Storage(object? id) =>
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
            : throw Bad("its pickle refers to something outside that is no storage of a tensor: refused");

    readonly PickleDictionary Filled(PickleDictionary target, object?[] pairs)
    {
        if (pairs.Length % 2 != 0)
            throw Bad("a dictionary of its pickle has a key without a value");
        for (var i = 0; i < pairs.Length; i += 2)
            if (target.Add(pairs[i], pairs[i + 1]) is { } problem)
                throw Bad(problem);
        return target;
    }

    readonly object? Top() =>
        stack.Count > 0 && !ReferenceEquals(stack[^1], mark)
            ? stack[^1]
            : throw Bad("its pickle takes from an empty stack");

    readonly object? Pop()
    {
        var top = Top();
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    readonly object?[] PopMark()
    {
        if (marks.Count == 0)
            throw Bad("its pickle goes back to a mark that it did not set");
        var from = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        var items = new object?[stack.Count - from - 1];
        stack.CopyTo(from + 1, items, 0, items.Length);
        stack.RemoveRange(from, stack.Count - from);
        return items;
    }

    readonly List<object?> TopList() =>
        Top() as List<object?> ?? throw Bad("its pickle appends to something that is no list");

    readonly PickleDictionary TopDictionary() =>
        Top() as PickleDictionary ?? throw Bad("its pickle sets items of something that is no dictionary");

    // Writers number from 0 on; a pickle that was made shorter afterwards may leave some out.
    void Remember(long index)
    {
        if (index > input.Length)
            throw Bad($"its pickle remembers a value under {index}, more than its {input.Length} bytes can");
        if (index >= memo.Length)
            Array.Resize(ref memo, (int)Math.Max(index + 1, Math.Min(2L * memo.Length + 16, input.Length + 1L)));
        memo[index] = Top();
        memoCount = Math.Max(memoCount, (int)index + 1);
    }

    readonly object? Recall(long index) =>
        index < memoCount ? memo[index] : throw Bad($"its pickle recalls the value {index}, which it did not remember");

    byte Byte() => Take(1)[0];

    ReadOnlySpan<byte> Take(int count)
    {
        if (count > input.Length - at)
            throw Bad($"its pickle ends at byte {input.Length}, {count} more were announced at byte {at}");
        var taken = input.Slice(at, count);
        at += count;
        return taken;
    }

    readonly int Length(ulong announced) =>
        announced <= (ulong)(input.Length - at)
            ? (int)announced
            : throw Bad($"its pickle announces {announced} bytes at byte {at}, and has {input.Length - at} left");

    long Long(int bytes)
    {
        if (bytes > LargestLong)
            throw Bad($"its pickle has a whole number of {bytes} bytes, more than the {LargestLong} allowed");
        var digits = Take(bytes);
        var value = bytes > 0 && (digits[^1] & 0x80) != 0 ? -1L : 0;
        for (var i = bytes - 1; i >= 0; i--)
            value = (value << 8) | digits[i];
        return value;
    }

    string Text(int length) => Encoding.UTF8.GetString(Take(length));

    string Line()
    {
        var rest = input[at..Math.Min(input.Length, at + LongestName)];
        var end = rest.IndexOf((byte)'\n');
        if (end < 0)
            throw Bad($"a name in its pickle, at byte {at}, has no end");
        at += end + 1;
        return Encoding.UTF8.GetString(rest[..end]);
    }

    readonly InvalidDataException Bad(string problem) => new($"'{path}': {problem}.");

    /// <summary>What a value is, in words; never what it holds.</summary>
    public static string Described(object? value) =>
        value switch
        {
            null => "None",
            bool => "a truth value",
            long or double => "a number",
            string text => $"the text {TensorFile.Quoted(text)}",
            byte[] => "bytes",
            List<object?> => "a list",
            PickleTuple => "a tuple",
            PickleDictionary => "a dictionary",
            PickleTensor => "a tensor",
            PickleStorage => "a storage",
            PickleGlobal global => TensorFile.Quoted(global.Name),
            PickleObject module => $"an object of {TensorFile.Quoted(module.ClassName)}",
            _ => "a mark",
        };
}
