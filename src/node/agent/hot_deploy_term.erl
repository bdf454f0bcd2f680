%% Terms that have to be told to somebody else, or written down: whether they can be.
-module(hot_deploy_term).
-export([describe/1, portable/1, stable/1, printed/1, sketch/2, closures/1, fingerprint/2, kind/1]).

%% Bytes that are still worth printing.
-define(LARGEST, 64 * 1024).
%% The gregorian second in which Unix time begins.
-define(EPOCH, 62167219200).

%% The term as text that reads back equal, or, where it holds what only this VM knows (pids, ports,
%% references, closures), as text to compare by, with the modules whose code the closures need.
-spec describe(term()) -> hot_deploy_json:json().
describe(Term) ->
    case erlang:external_size(Term) =< ?LARGEST of
        true ->
            #{
                portable => portable(Term),
                text => unicode:characters_to_binary(print(stable(Term))),
                closures => lists:usort(closures(Term))
            };
        false ->
            %% Printing it would be felt on a node that serves, and nobody reads it.
            Digest = binary:encode_hex(erlang:md5(term_to_binary(stable(Term), [{minor_version, 2}, deterministic]))),
            #{portable => false, text => <<"a term of many bytes, ", Digest/binary>>, closures => lists:usort(closures(Term))}
    end.

%% The term as text to compare by: two boots of one release print it alike.
-spec printed(term()) -> binary().
printed(Term) -> unicode:characters_to_binary(print(stable(Term))).

%% The same with a fingerprint in the place of each value, and atoms as they are: it tells where two terms differ, and not
%% what they say. One that is too large is one fingerprint. Of a node that was booted to be looked at: a time since then is
%% '<time>', since two boots may begin in one second, and only a third would tell that it is another one in each boot.
-spec sketch(term(), binary()) -> binary().
sketch(Term, Salt) ->
    case erlang:external_size(Term) =< ?LARGEST of
        true -> unicode:characters_to_binary(print(sketched(timeless(stable(Term), life()), Salt)));
        false -> <<"<<\"", (fingerprint(Term, Salt))/binary, "\">>">>
    end.

%% What the clocks said since this VM began, in each unit.
life() ->
    [Began, Now] = [erlang:system_info(start_time), erlang:monotonic_time()],
    [{erlang:convert_time_unit(Began + Offset, native, Unit) - Part, erlang:convert_time_unit(Now + Offset, native, Unit) + Part}
     || Offset <- [0, erlang:time_offset()],
        {Unit, Part} <- [{second, 1}, {millisecond, 1000}, {microsecond, 1000000}, {nanosecond, 1000000000}]].

timeless(Term, Life) ->
    case is_time(Term, Life) of
        true -> '<time>';
        false -> parts(Term, Life)
    end.

%% A date and the time of day stand beside each other, in a tuple of their own or with what they are the time of.
parts([{Year, Month, Day}, {Hour, Minute, Second} | Tail] = List, Life) ->
    case is_clock({{Year, Month, Day}, {Hour, Minute, Second}}, Life) of
        true -> ['<time>' | timeless(Tail, Life)];
        false -> [timeless(hd(List), Life) | timeless(tl(List), Life)]
    end;
parts([Head | Tail], Life) -> [timeless(Head, Life) | timeless(Tail, Life)];
parts(Term, Life) when is_tuple(Term) -> list_to_tuple(timeless(tuple_to_list(Term), Life));
parts(Term, Life) when is_map(Term) -> maps:from_list([{Key, timeless(Value, Life)} || {Key, Value} <- maps:to_list(Term)]);
parts(Term, _) -> Term.

is_time(Term, Life) when is_number(Term) -> lists:any(fun({First, Last}) -> Term >= First andalso Term =< Last end, Life);
is_time({Mega, Second, Micro}, Life) when is_integer(Mega), is_integer(Second), is_integer(Micro), Second < 1000000 ->
    is_time(Mega * 1000000 + Second, Life);
%% As Elixir's structs have it.
is_time(#{year := Year, month := Month, day := Day, hour := Hour, minute := Minute, second := Second}, Life) ->
    is_clock({{Year, Month, Day}, {Hour, Minute, Second}}, Life);
is_time(_, _) -> false.

%% Of the zone, or of UTC.
is_clock(Clock, Life) ->
    try lists:any(fun(Utc) -> is_time(calendar:datetime_to_gregorian_seconds(Utc) - ?EPOCH, Life) end,
                  [Clock, erlang:localtime_to_universaltime(Clock)])
    catch error:_ -> false
    end.

sketched([], _) -> [];
sketched(Term, _) when is_atom(Term) -> Term;
sketched(Term, Salt) when is_number(Term) ->
    <<Number:48, _/binary>> = erlang:md5([Salt, term_to_binary(Term)]),
    Number;
sketched(Term, Salt) when is_bitstring(Term) -> short(Term, Salt);
sketched(Term, Salt) when is_tuple(Term) -> list_to_tuple([sketched(Element, Salt) || Element <- tuple_to_list(Term)]);
sketched(Term, Salt) when is_map(Term) ->
    maps:from_list([{sketched(Key, Salt), sketched(Value, Salt)} || {Key, Value} <- maps:to_list(Term)]);
sketched([Head | Tail] = Term, Salt) ->
    case io_lib:printable_unicode_list(Term) of
        true -> binary_to_list(short(Term, Salt));
        false -> [sketched(Head, Salt) | rest(Tail, Salt)]
    end;
sketched(Term, _) -> Term.

rest([Head | Tail], Salt) -> [sketched(Head, Salt) | rest(Tail, Salt)];
rest(Tail, Salt) -> sketched(Tail, Salt).

short(Term, Salt) ->
    <<Head:6/binary, _/binary>> = erlang:md5([Salt, term_to_binary(Term)]),
    binary:encode_hex(Head).

%% Like ~0tp, with the keys of maps in order: from OTP 26 on maps are printed in an order that differs from VM to VM.
print(Map) when is_map(Map) ->
    ["#{", lists:join($,, [[print(Key), "=>", print(Value)] || {Key, Value} <- lists:sort(maps:to_list(Map))]), "}"];
print(Tuple) when is_tuple(Tuple) ->
    [${, lists:join($,, [print(Element) || Element <- tuple_to_list(Tuple)]), $}];
print(List) when is_list(List) ->
    case is_proper(List) andalso not io_lib:printable_unicode_list(List) of
        true -> [$[, lists:join($,, [print(Element) || Element <- List]), $]];
        false -> io_lib:format("~0tp", [List])
    end;
print(Term) ->
    io_lib:format("~0tp", [Term]).

is_proper(List) ->
    try length(List) of _ -> true
    catch error:badarg -> false
    end.

-spec portable(term()) -> boolean().
portable(Term) when is_pid(Term); is_port(Term); is_reference(Term) -> false;
portable(Term) when is_function(Term) -> external(Term);
portable([Head | Tail]) -> portable(Head) andalso portable(Tail);
portable(Term) when is_tuple(Term) -> portable(tuple_to_list(Term));
portable(Term) when is_map(Term) -> portable(maps:to_list(Term));
portable(Term) when is_bitstring(Term) -> true;
portable(_) -> true.

external(Fun) -> erlang:fun_info(Fun, type) =:= {type, external}.

%% Two boots of the same release give the same text.
-spec stable(term()) -> term().
stable(Term) when is_pid(Term) -> '<pid>';
stable(Term) when is_port(Term) -> '<port>';
stable(Term) when is_reference(Term) -> '<reference>';
stable(Term) when is_function(Term) ->
    case external(Term) of
        true -> Term;
        false ->
            {module, Module} = erlang:fun_info(Term, module),
            {arity, Arity} = erlang:fun_info(Term, arity),
            {env, Environment} = erlang:fun_info(Term, env),
            {'<fun>', Module, Arity, stable(Environment)}
    end;
stable([Head | Tail]) -> [stable(Head) | stable(Tail)];
stable(Term) when is_tuple(Term) -> list_to_tuple(stable(tuple_to_list(Term)));
stable(Term) when is_map(Term) -> maps:from_list(stable(maps:to_list(Term)));
stable(Term) -> Term.

%% The modules whose code the closures in a term need.
-spec closures(term()) -> [module()].
closures(Term) when is_function(Term) ->
    case external(Term) of
        true -> [];
        false ->
            {module, Module} = erlang:fun_info(Term, module),
            {env, Environment} = erlang:fun_info(Term, env),
            [Module | closures(Environment)]
    end;
closures([Head | Tail]) -> closures(Head) ++ closures(Tail);
closures(Term) when is_tuple(Term) -> closures(tuple_to_list(Term));
closures(Term) when is_map(Term) -> closures(maps:to_list(Term));
closures(_) -> [].

%% Tells equal from different without telling the value: values of the environment may be secrets. The
%% salt is made anew for each run and never leaves its memory, so that a guess cannot be checked later.
-spec fingerprint(term(), binary()) -> binary().
fingerprint(Term, Salt) ->
    Digest = erlang:md5([Salt, term_to_binary(stable(Term), [{minor_version, 2}, deterministic])]),
    binary:encode_hex(Digest).

%% Of the reason of an exit what failed where: the terms in it may be a process's state.
-spec kind(term()) -> term().
kind({'EXIT', Why}) -> kind(Why);
kind({Why, [{Module, Function, Arity, _} | _]}) when is_list(Arity) -> {kind(Why), {Module, Function, length(Arity)}};
kind({Why, [{Module, Function, Arity, _} | _]}) -> {kind(Why), {Module, Function, Arity}};
kind(#{'__struct__' := Name}) -> Name;
kind(Tuple) when is_tuple(Tuple), tuple_size(Tuple) > 0 -> kind(element(1, Tuple));
kind(Atom) when is_atom(Atom) -> Atom;
kind(_) -> other.
