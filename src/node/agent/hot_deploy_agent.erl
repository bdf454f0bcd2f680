%% The way in: evaluates one request and prints its answer on one line of standard output.
%%
%% It is loaded into a node by erl_call, or started in a VM of its own, answers, and is unloaded again.
%% It keeps no state: what one request has to know of another comes with the request.
-module(hot_deploy_agent).
-export([main/3, start/0]).

-define(MARK, "hot-deploy-answer ").

%% Answers {"ok": Value} or {"error": Text, "reason": Text}. Secrets could stand in a reason, for
%% an exception carries its arguments: only its shape is told (see describe/1).
-spec main(module(), atom(), term()) -> ok.
main(Module, Function, Argument) ->
    Answer =
        try
            #{ok => Module:Function(Argument)}
        catch
            throw:{refused, Code, Detail} ->
                #{error => Code, detail => Detail};
            Class:Reason:Stack ->
                #{error => crashed, detail => describe(Class, Reason, Stack)}
        end,
    io:put_chars(["\n", ?MARK, hot_deploy_json:encode(Answer), "\n"]).

%% For a VM of its own: `erl ... -s hot_deploy_agent start -- Module Function File`, where File holds
%% the argument as one term.
-spec start() -> no_return().
start() ->
    [Module, Function, File] = init:get_plain_arguments(),
    {ok, [Argument]} = file:consult(File),
    main(list_to_atom(Module), list_to_atom(Function), Argument),
    halt(0, [{flush, true}]).

describe(Class, Reason, Stack) ->
    Where = [{Module, Function, arity(Arity)} || {Module, Function, Arity, _} <- lists:sublist(Stack, 4)],
    iolist_to_binary(io_lib:format("~0p: ~0p at ~0p", [Class, shape(Reason), Where])).

arity(Arguments) when is_list(Arguments) -> length(Arguments);
arity(Arity) -> Arity.

shape(Reason) when is_tuple(Reason), tuple_size(Reason) > 0 ->
    case element(1, Reason) of
        Tag when is_atom(Tag) -> list_to_tuple([Tag | ['_' || _ <- lists:seq(2, tuple_size(Reason))]]);
        _ -> '_'
    end;
shape(Reason) when is_atom(Reason) -> Reason;
shape(_) -> '_'.
