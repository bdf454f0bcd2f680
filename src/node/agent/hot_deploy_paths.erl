%% Where code that is called for later comes from, and what the application controller knows of the applications.
-module(hot_deploy_paths).
-export([exchange/1, turned/1, specified/2]).

-type values() :: [{atom(), [{atom(), term()}]}].
%% Specifications of applications as the application controller takes them, and all values that are to stand then.
-type specified() :: {[tuple()], values()}.
-export_type([specified/0]).

%% Puts the new directory of each part into the place of the old. What is so already stays so.
-spec exchange([hot_deploy_set:part()]) -> ok.
exchange(Parts) -> lists:foreach(fun exchange_one/1, Parts).

exchange_one(#{from := From, to := To} = Part) ->
    Path = code:get_path(),
    case {lists:member(From, Path), lists:member(To, Path)} of
        {_, true} when From =/= To -> code:del_path(text(From));
        {_, true} -> true;
        {true, false} when To =:= none -> code:del_path(From);
        {true, false} -> in_place(Part);
        {false, false} when To =/= none -> code:add_pathz(To);
        {false, false} -> false
    end.

%% By its application's name, so that the code server answers the new directory when it is asked for it.
in_place(#{application := Application, from := From, to := To}) ->
    case Application =/= none andalso code:replace_path(Application, To) of
        true ->
            true;
        _ ->
            %% Consolidated protocols come before the applications that define them.
            true = code:add_patha(To),
            code:del_path(From)
    end.

text(none) -> "";
text(Directory) -> Directory.

%% The way back.
-spec turned([hot_deploy_set:part()]) -> [hot_deploy_set:part()].
turned(Parts) ->
    [Part#{from := To, to := From, modules := [{Name, New, Old} || {Name, Old, New} <- Modules]}
     || #{from := From, to := To, modules := Modules} = Part <- Parts].

%% What the loaded applications of these parts say of themselves now, and what they are to say. Given are the values of a cold
%% boot; else each value that is the old release's default becomes the new release's.
-spec specified([hot_deploy_set:part()], values() | none) -> {Now :: specified(), Then :: specified()} | none.
specified(Parts, Given) ->
    Exchanged = [{Name, Old, New} || #{application := Name, from := From, to := To} <- Parts,
                                     {ok, _} <- [application:get_key(Name, vsn)],
                                     {application, _, Old} <- [read(From, Name)],
                                     {application, _, New} <- [read(To, Name)],
                                     Old =/= New],
    All = [{Name, application:get_all_env(Name)} || {Name, _, _} <- application:loaded_applications()],
    Then = [{Name, case {Given, lists:keyfind(Name, 1, Exchanged)} of
                       {none, {_, Old, New}} -> values(Values, env(Old), env(New));
                       {none, false} -> Values;
                       {_, _} -> proplists:get_value(Name, Given, Values)
                   end} || {Name, Values} <- All],
    case Exchanged =:= [] andalso sorted(Then) =:= sorted(All) of
        true -> none;
        false ->
            Loaded = fun(Which) -> [{application, element(1, Each), element(Which, Each)} || Each <- Exchanged] end,
            {{Loaded(2), All}, {Loaded(3), Then}}
    end.

sorted(All) -> lists:sort([{Name, lists:sort(Values)} || {Name, Values} <- All]).

read(none, _) -> none;
read(Directory, Name) ->
    case file:consult(filename:join(Directory, lists:concat([Name, ".app"]))) of
        {ok, [{application, Name, _} = Specification]} -> Specification;
        _ -> none
    end.

env(Specification) -> proplists:get_value(env, Specification, []).

values(Now, Old, New) ->
    Kept = [Pair || {Key, _} = Pair <- Now, not (lists:member(Pair, Old) andalso (lists:keymember(Key, 1, New) orelse lists:keymember(Key, 1, Old)))],
    Kept ++ [Pair || {Key, _} = Pair <- New, not lists:keymember(Key, 1, Kept)].
