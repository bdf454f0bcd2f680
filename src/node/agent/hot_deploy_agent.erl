%% The way in: evaluates one request and prints its answer on one line of standard output.
%%
%% It is loaded into a node by erl_call, or started in a VM of its own, answers, and is unloaded again.
%% It keeps no state but the token of the last run that changed the node: what one request has to know of another comes with
%% the request.
-module(hot_deploy_agent).
-export([main/3, main/4, start/0]).

-define(MARK, "hot-deploy-answer ").

%% Answers {"ok": Value} or {"error": Text, "reason": Text}. Secrets could stand in a reason, for
%% an exception carries its arguments: only its shape is told (see describe/1).
-spec main(module(), atom(), term()) -> ok.
main(Module, Function, Argument) ->
    answer(fun() -> Module:Function(Argument) end).

%% The same for a run that holds the lock on an environment, unless one with a later token has been here: it was taken over.
%% hot-deploy.sh says that, and what it wants, in words.
-spec main(module(), atom(), term(), {Environment :: binary(), Token :: integer()} | (Words :: binary())) -> ok.
main(Module, Function, Argument, Encoded) when is_binary(Encoded) ->
    #{<<"environment">> := Environment, <<"token">> := Token} = Words = hot_deploy_plain:words(Encoded),
    main(Module, Function, Argument#{words => Words}, {Environment, binary_to_integer(Token)});
main(Module, Function, Argument, {Environment, Token}) ->
    answer(fun() ->
        Key = {hot_deploy_token, Environment},
        case persistent_term:get(Key, 0) of
            Token -> ok;
            Earlier when Earlier < Token -> persistent_term:put(Key, Token);
            Later -> throw({refused, overtaken, unicode:characters_to_binary([
                "a later run (", integer_to_list(Later), ") has changed this node, and this one (", integer_to_list(Token),
                ") holds the lock on ", Environment, " no more"])})
        end,
        Module:Function(Argument)
    end).

answer(Ask) ->
    Answer =
        try
            #{ok => Ask()}
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
