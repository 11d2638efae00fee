namespace Research.Language

open System
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit
open System.Security.Cryptography
open System.Text

/// What a function of a script computes, as a hash: of its compiled instructions, of the script's own functions that it calls, and of the
/// numbers and texts that it holds. Names and places of the script do not count, so that the script can be edited elsewhere.
[<RequireQualifiedAccess>]
module FunctionIdentity =
    let private opCodes =
        dict [
            for field in typeof<OpCodes>.GetFields(BindingFlags.Public ||| BindingFlags.Static) do
                match field.GetValue null with
                | :? OpCode as code -> code.Value, code
                | _ -> ()
        ]

    let private everything =
        BindingFlags.Public
        ||| BindingFlags.NonPublic
        ||| BindingFlags.Instance
        ||| BindingFlags.Static
        ||| BindingFlags.DeclaredOnly

    /// Whether the code belongs to the script (or the program) that holds the function, rather than to a library.
    let private isOwn (root: Assembly) (assembly: Assembly) =
        let name (assembly: Assembly) = string (assembly.GetName().Name)

        assembly = root
        || (name root).StartsWith("FSI-ASSEMBLY", StringComparison.Ordinal)
           && (name assembly).StartsWith("FSI-ASSEMBLY", StringComparison.Ordinal)

    type private Walk(root: Assembly, text: StringBuilder) =
        let seen = HashSet<obj>()

        let say (word: string) =
            text.Append(word).Append('\n') |> ignore

        let operandSize (kind: OperandType) (il: byte[]) (at: int) =
            match kind with
            | OperandType.InlineNone -> 0
            | OperandType.ShortInlineBrTarget
            | OperandType.ShortInlineI
            | OperandType.ShortInlineVar -> 1
            | OperandType.InlineVar -> 2
            | OperandType.InlineI8
            | OperandType.InlineR -> 8
            | OperandType.InlineSwitch -> 4 + 4 * BitConverter.ToInt32(il, at)
            | _ -> 4

        member walk.Value(value: objnull) =
            match value with
            | null -> say "null"
            | :? IFormattable as number -> say (number.ToString(null, Globalization.CultureInfo.InvariantCulture))
            | :? string as word -> say word
            | :? Array as items ->
                for item in items do
                    walk.Value item
            | value when isOwn root (value.GetType().Assembly) -> walk.Instance value
            | value -> say (string (value.GetType().FullName))

        /// An object of the script: the code of its type and what it holds.
        member walk.Instance(value: obj) =
            walk.Type(value.GetType())

            for field in value.GetType().GetFields everything do
                if not field.IsStatic then
                    walk.Value(field.GetValue value)

        member private walk.Type(kind: Type) =
            if seen.Add kind then
                for made in kind.GetConstructors everything do
                    walk.Method made

                for made in kind.GetMethods everything do
                    walk.Method made

        member private walk.Member(found: MemberInfo) =
            let own =
                match found with
                | :? Type as kind -> isOwn root kind.Assembly
                | found -> isOwn root found.Module.Assembly

            match found with
            | :? FieldInfo as field when own && field.IsStatic -> walk.Value(field.GetValue null)
            | :? FieldInfo when own -> ()
            | :? Type as kind when own -> walk.Type kind
            | :? ConstructorInfo as made when own ->
                match made.DeclaringType with
                | null -> walk.Method made
                | kind -> walk.Type kind
            | :? MethodBase as called when own -> walk.Method called
            | found -> say $"{found.DeclaringType}.{found}"

        member private walk.Method(called: MethodBase) =
            if seen.Add called then
                match called.GetMethodBody() with
                | null -> say called.Name
                | body ->
                    match body.GetILAsByteArray() with
                    | null -> ()
                    | il -> walk.Instructions(called, il)

        member private walk.Instructions(called: MethodBase, il: byte[]) =
            let mutable at = 0

            let typeArguments =
                match called.DeclaringType with
                | null -> [||]
                | kind when kind.IsGenericType -> kind.GetGenericArguments()
                | _ -> [||]

            let methodArguments =
                if called.IsGenericMethod then
                    called.GetGenericArguments()
                else
                    [||]

            while at < il.Length do
                let value =
                    if il[at] = 0xFEuy then
                        int16 (0xFE00 ||| int il[at + 1])
                    else
                        int16 il[at]

                let code = opCodes[value]
                at <- at + code.Size
                say (string code.Name)
                let size = operandSize code.OperandType il at

                match code.OperandType with
                | OperandType.InlineString -> say (called.Module.ResolveString(BitConverter.ToInt32(il, at)))
                | OperandType.InlineMethod
                | OperandType.InlineField
                | OperandType.InlineType
                | OperandType.InlineTok ->
                    match called.Module.ResolveMember(BitConverter.ToInt32(il, at), typeArguments, methodArguments) with
                    | null -> ()
                    | found -> walk.Member found
                | OperandType.InlineSig -> ()
                | _ -> say (Convert.ToHexString(il, at, size))

                at <- at + size

    /// SHA-256 of the function, in hexadecimal.
    let compute (f: obj) : string =
        let text = StringBuilder()
        Walk(f.GetType().Assembly, text).Instance f

        text.ToString()
        |> Encoding.UTF8.GetBytes
        |> SHA256.HashData
        |> Convert.ToHexStringLower
