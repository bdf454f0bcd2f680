%% Terms as JSON in plain ASCII, so that whatever carries the answer cannot change it.
%% OTP has a json module only from 27 on, and the agent runs on 25.
-module(hot_deploy_json).
-export([encode/1]).

-type json() :: binary() | integer() | float() | atom() | [json()] | #{binary() | atom() => json()}.
-export_type([json/0]).

%% Atoms become strings, save true, false and null. A list is always an array: text has to be a binary.
-spec encode(json()) -> iodata().
encode(true) -> <<"true">>;
encode(false) -> <<"false">>;
encode(null) -> <<"null">>;
encode(Atom) when is_atom(Atom) -> string(atom_to_binary(Atom));
encode(Integer) when is_integer(Integer) -> integer_to_binary(Integer);
encode(Float) when is_float(Float) -> float_to_binary(Float, [short]);
encode(Binary) when is_binary(Binary) -> string(Binary);
encode(List) when is_list(List) ->
    [$[, lists:join($,, [encode(Element) || Element <- List]), $]];
encode(Map) when is_map(Map) ->
    Members = [[key(Key), $:, encode(Value)] || {Key, Value} <- lists:sort(maps:to_list(Map))],
    [${, lists:join($,, Members), $}].

key(Key) when is_atom(Key) -> string(atom_to_binary(Key));
key(Key) when is_binary(Key) -> string(Key).

%% Bytes that are no UTF-8 are read as Latin-1: an answer that looks odd is better than none.
string(Binary) ->
    Characters =
        case unicode:characters_to_list(Binary) of
            List when is_list(List) -> List;
            _ -> binary_to_list(Binary)
        end,
    [$", [character(Character) || Character <- Characters], $"].

character($") -> "\\\"";
character($\\) -> "\\\\";
character(Character) when Character >= 32, Character < 127 -> Character;
character(Character) when Character < 16#10000 -> io_lib:format("\\u~4.16.0b", [Character]);
character(Character) ->
    %% JSON writes what lies above the basic plane as a surrogate pair.
    Rest = Character - 16#10000,
    [character(16#D800 + (Rest bsr 10)), character(16#DC00 + (Rest band 16#3FF))].
