using System.Buffers.Binary;

namespace Research.Encoders.Formats;

/// <summary>
/// Reads the pickle of a torch.save archive without executing it: a stack machine of those operations that dictionaries, lists, texts, numbers
/// and tensors need. It imports nothing and calls nothing; a name is either one of <see cref="PickleGlobals"/> or refused, by name, whether
/// or not the pickle goes on to use it. Every operation takes at least a byte of input and makes at most one value, so memory and time are
/// bounded by the pickle's length.
/// </summary>
ref struct PickleReader
{
    /// <summary>A large model with its optimizer's state takes a twentieth.</summary>
    const int MostOperations = 1 << 22;

    static readonly object mark = new();

    readonly string path;
    readonly bool script;
    readonly List<object?> stack = [];
    readonly List<int> marks = [];
    object?[] memo = [];
    int memoCount;
    PickleInput input;

    PickleReader(string path, ReadOnlySpan<byte> input, bool script)
    {
        this.path = path;
        this.input = new PickleInput(path, input);
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
        if (input.Size < 2 || input.Byte() != PickleOpcode.Proto || input.Byte() is < 2 or > 5)
            throw Bad("its pickle does not begin with a protocol from 2 to 5");
        for (var operations = 0; operations < MostOperations; operations++)
        {
            var opcode = input.Byte();
            if (opcode == PickleOpcode.Stop)
                return Pop();
            if (!Plain(opcode) && !Collection(opcode))
                Build(opcode);
        }
        throw Bad($"its pickle has more than {MostOperations} operations");
    }

    /// <summary>Numbers, texts and the memo.</summary>
    bool Plain(byte opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                if (input.Byte() is < 2 or > 5)
                    throw Bad("its pickle changes to a protocol that is not from 2 to 5");
                break;
            case PickleOpcode.Frame:
                if (BinaryPrimitives.ReadUInt64LittleEndian(input.Take(8)) > (ulong)input.Left)
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
                stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(input.Take(4)));
                break;
            case PickleOpcode.BinInt1:
                stack.Add((long)input.Byte());
                break;
            case PickleOpcode.BinInt2:
                stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(input.Take(2)));
                break;
            case PickleOpcode.Long1:
                stack.Add(input.Long(input.Byte()));
                break;
            case PickleOpcode.Long4:
                stack.Add(input.Long(input.Length(BinaryPrimitives.ReadUInt32LittleEndian(input.Take(4)))));
                break;
            case PickleOpcode.BinFloat:
                stack.Add(BinaryPrimitives.ReadDoubleBigEndian(input.Take(8)));
                break;
            case PickleOpcode.ShortBinUnicode:
            case PickleOpcode.ShortBinString:
                stack.Add(input.Text(input.Byte()));
                break;
            case PickleOpcode.BinUnicode:
            case PickleOpcode.BinString:
                stack.Add(input.Text(input.Length(BinaryPrimitives.ReadUInt32LittleEndian(input.Take(4)))));
                break;
            case PickleOpcode.BinUnicode8:
                stack.Add(input.Text(input.Length(BinaryPrimitives.ReadUInt64LittleEndian(input.Take(8)))));
                break;
            case PickleOpcode.ShortBinBytes:
                stack.Add(input.Take(input.Byte()).ToArray());
                break;
            case PickleOpcode.BinBytes:
                stack.Add(input.Take(input.Length(BinaryPrimitives.ReadUInt32LittleEndian(input.Take(4)))).ToArray());
                break;
            case PickleOpcode.BinBytes8:
                stack.Add(input.Take(input.Length(BinaryPrimitives.ReadUInt64LittleEndian(input.Take(8)))).ToArray());
                break;
            case PickleOpcode.Memoize:
                Remember(memoCount);
                break;
            case PickleOpcode.BinPut:
                Remember(input.Byte());
                break;
            case PickleOpcode.LongBinPut:
                Remember(BinaryPrimitives.ReadUInt32LittleEndian(input.Take(4)));
                break;
            case PickleOpcode.BinGet:
                stack.Add(Recall(input.Byte()));
                break;
            case PickleOpcode.LongBinGet:
                stack.Add(Recall(BinaryPrimitives.ReadUInt32LittleEndian(input.Take(4))));
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
                stack.Add(PickleCalls.Filled(path, new PickleDictionary(), pairs));
                break;
            case PickleOpcode.SetItem:
                var value = Pop();
                var key = Pop();
                PickleCalls.Filled(path, TopDictionary(), [key, value]);
                break;
            case PickleOpcode.SetItems:
                var set = PopMark();
                PickleCalls.Filled(path, TopDictionary(), set);
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
                var module = input.Line();
                stack.Add(Global(module, input.Line()));
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
                stack.Add(PickleCalls.Result(path, Pop(), arguments));
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
                stack.Add(PickleCalls.Storage(path, Pop()));
                break;
            case PickleOpcode.Inst:
                var space2 = input.Line();
                throw Bad(
                    $"the checkpoint asks for {TensorFile.Quoted($"{space2}.{input.Line()}")}, which is no part of a tensor: refused"
                );
            default:
                throw Bad(
                    $"its pickle has the operation {PickleOpcode.NameOf(opcode)} at byte {input.At - 1}, which no tensor needs: refused"
                );
        }
    }

    readonly PickleGlobal Global(string module, string name) =>
        PickleGlobals.Find($"{module}.{name}", script)
        ?? throw Bad(
            $"the checkpoint asks for {TensorFile.Quoted($"{module}.{name}")}, which is no part of a tensor: refused"
        );

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
        if (index > input.Size)
            throw Bad($"its pickle remembers a value under {index}, more than its {input.Size} bytes can");
        if (index >= memo.Length)
            Array.Resize(ref memo, (int)Math.Max(index + 1, Math.Min(2L * memo.Length + 16, input.Size + 1L)));
        memo[index] = Top();
        memoCount = Math.Max(memoCount, (int)index + 1);
    }

    readonly object? Recall(long index) =>
        index < memoCount ? memo[index] : throw Bad($"its pickle recalls the value {index}, which it did not remember");

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
