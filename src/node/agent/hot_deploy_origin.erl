%% Where the values in a child specification come from, on a node that boots apart from production: what it took from its
%% environment or from settings is not what production has, may be a secret, and must not be carried there.
-module(hot_deploy_origin).
-export([sources/1, carried/2, masked/2]).

%% A shorter text says nothing by itself, unless it was given to this boot alone.
-define(TELLING, 4).
%% A part of a value is no accident if it is this long: "true" and "https" stand in many.
-define(PART, 8).
-define(PART_GIVEN, 6).
-define(PLATFORM, [kernel, stdlib, sasl, elixir, logger, compiler]).
%% They are what they are wherever the release boots, or nothing of the user's.
-define(COMMON, ["PATH", "HOME", "PWD", "LANG", "LC_ALL", "SHLVL", "TERM", "BINDIR", "ROOTDIR", "EMU", "PROGNAME", "ERL_CRASH_DUMP", "_"]).

-type sources() :: #{variables := [{string(), string(), boolean()}], settings := [{term(), tuple()}]}.

%% Given are the names of variables that only this boot has so.
-spec sources([string()]) -> sources().
sources(Given) ->
    #{
        variables => [{Name, Value, lists:member(Name, Given)}
                      || Entry <- os:getenv(),
                         [Name, Value] <- [string:split(Entry, "=")],
                         Value =/= "",
                         not lists:member(Name, ?COMMON),
                         not lists:prefix("RELEASE_", Name) orelse Name =:= "RELEASE_COOKIE"],
        settings => lists:append([leaves(Value, {setting, Application, Key, []})
                                  || {Application, _, _} <- application:loaded_applications(),
                                     not lists:member(Application, ?PLATFORM),
                                     {Key, Value} <- application:get_all_env(Application)])
    }.

leaves(Value, Source) when is_map(Value) ->
    lists:append([leaves(Each, below(Source, {key, Key})) || {Key, Each} <- maps:to_list(Value)]);
leaves(Value, Source) when is_tuple(Value) ->
    lists:append([leaves(element(At, Value), below(Source, {at, At})) || At <- lists:seq(1, tuple_size(Value))]);
leaves([_ | _] = Value, Source) ->
    case text(Value) of
        none ->
            case lists:all(fun({Key, _}) when is_atom(Key) -> true; (_) -> false end, proper(Value)) andalso proper(Value) =/= [] of
                true -> lists:append([leaves(Each, below(Source, {key, Key})) || {Key, Each} <- Value]);
                false -> lists:append([leaves(Each, below(Source, {at, At})) || {At, Each} <- lists:zip(lists:seq(1, length(proper(Value))), proper(Value))])
            end;
        _ -> [{Value, Source}]
    end;
leaves(Value, Source) -> [{Value, Source}].

proper(List) -> try length(List) of _ -> List catch error:badarg -> [] end.

below({setting, Application, Key, Path}, Step) -> {setting, Application, Key, Path ++ [Step]}.

%% The term with the sources of such values in their places, or the variable of which some part stands in it: that cannot be
%% taken from anywhere.
-spec carried(term(), sources()) -> {ok, term()} | {part_of, string()}.
carried(Term, Sources) ->
    try {ok, walk(Term, Sources)}
    catch throw:{part_of, Name} -> {part_of, Name}
    end.

%% The term with a word for the kind of each such value, which is another one where it serves.
-spec masked(term(), sources()) -> term().
masked(Term, Sources) -> walk(Term, Sources#{masked => true}).

walk(Term, #{masked := true}) when Term =:= node(), Term =/= nonode@nohost -> '<random atom>';
walk(Term, _) when Term =:= node(), Term =/= nonode@nohost -> '<node>';
walk(Term, Sources) when is_tuple(Term) -> list_to_tuple([walk(Element, Sources) || Element <- tuple_to_list(Term)]);
walk(Term, Sources) when is_map(Term) -> maps:from_list([{Key, walk(Value, Sources)} || {Key, Value} <- maps:to_list(Term)]);
walk(Term, Sources) ->
    case text(Term) of
        none when is_list(Term), Term =/= [] -> [walk(hd(Term), Sources) | walk(tl(Term), Sources)];
        none -> Term;
        {_, ""} -> Term;
        {Type, Text} -> leaf(Term, Type, Text, Sources)
    end.

leaf(Term, Type, Text, #{variables := Variables, settings := Settings} = Sources) ->
    Telling = length(Text) >= ?TELLING andalso Type =/= number,
    Exact = [{environment, Name, Type} || {Name, Value, Given} <- Variables, Value =:= Text, Given orelse Telling],
    Parts = [Name || Type =/= number, {Name, Value, Given} <- Variables,
                     min(length(Text), length(Value)) >= case Given of true -> ?PART_GIVEN; false -> ?PART end,
                     string:find(Value, Text) =/= nomatch orelse string:find(Text, Value) =/= nomatch],
    Configured = [Source || {Value, Source} <- Settings, Value =:= Term],
    case {Exact, Parts, Configured} of
        {[], [], _} -> Term;
        _ when is_map_key(masked, Sources) -> mask(Type);
        {[_ | _], _, _} -> {'<from>', Exact};
        {[], _, [_ | _]} -> {'<from>', Configured};
        {[], [Name | _], []} -> throw({part_of, Name})
    end.

mask(binary) -> '<random binary>';
mask(number) -> '<random number>';
mask(string) -> '<random string>'.

text(Term) when is_binary(Term) ->
    case unicode:characters_to_list(Term) of
        List when is_list(List) -> {binary, List};
        _ -> none
    end;
text(Term) when is_integer(Term) -> {number, integer_to_list(Term)};
text([_ | _] = Term) ->
    case io_lib:printable_unicode_list(Term) of
        true -> {string, Term};
        false -> none
    end;
text(_) -> none.
